#include <grove/core/queue.h>

#include "thread_check.h"

namespace grove::detail {

void refuse_empty() { throw Empty{"the queue is empty"}; }
void refuse_full() { throw Full{"the queue is full"}; }
void refuse_shut_down() { throw ShutDown{"the queue is shut down"}; }

void check_queue_thread(const Hub& hub, const char* call) {
    if (&hub != this_hub) [[unlikely]]
        refuse_thread((std::string{"Queue: "} + call).c_str());
}

void check_queue_timeout(Timespan timeout) {
    if (timeout && *timeout < Duration::zero())
        throw std::invalid_argument{"Queue: the timeout must not be negative"};
}

}  // namespace grove::detail
