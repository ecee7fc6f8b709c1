#include "ws_greenlet_session.h"

#include <stdexcept>

#include <grove/core/timeout.h>

namespace grove::http {

std::optional<Message> WsGreenletSession::recv(Timespan timeout) {
    if (receiving_) throw std::logic_error{"recv: another greenlet waits for this WebSocket"};
    if (!waiting && !closed()) {
        struct Receiving {
            bool& flag;
            ~Receiving() { flag = false; }
        } const receiving{receiving_ = true};
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
