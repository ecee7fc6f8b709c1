#include "ws_greenlet_session.h"

#include <cstddef>
#include <stdexcept>
#include <utility>

#include <grove/core/greenlet.h>
#include <grove/core/timeout.h>

namespace grove::http {

// A client that sends without end keeps nobody else waiting: what it sends is inflated, and read on, in recv() itself.
void WsGreenletSession::give_way() {
    constexpr int kMessages = 16;
    constexpr std::size_t kLarge = 16384;
    if (!waiting || closed()) {
        in_a_row_ = 0;
    } else if (++in_a_row_ == kMessages || waiting->data.size() >= kLarge) {
        in_a_row_ = 0;
        sleep();
    }
}

std::optional<Message> WsGreenletSession::recv(Timespan timeout) {
    if (receiving_) throw std::logic_error{"recv: another greenlet waits for this WebSocket"};
    struct Receiving {
        bool& flag;
        ~Receiving() { flag = false; }
    } const receiving{receiving_ = true};
    give_way();
    if (!waiting && !closed()) {
        const TimeoutGuard guard{timeout};
        while (!waiting && !closed()) {
            changed_.clear();
            changed_.wait();
        }
    }
    std::optional<Message> message = std::exchange(waiting, std::nullopt);
    if (message) read_on();
    return message;
}

}  // namespace grove::http
