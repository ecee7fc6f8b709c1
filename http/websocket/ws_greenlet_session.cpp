#include "ws_greenlet_session.h"

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <utility>

#include <grove/core/detail/trim_stack.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/core/timeout.h>

namespace grove::http {

// A client that sends without end keeps nobody else waiting: what it sends is inflated, and read on, in recv() itself.
void WsGreenletSession::give_way() {
    constexpr std::size_t kAtOnce = 16384;
    if (!message_waits()) {
        at_once_ = 0;
    } else if (at_once_ >= kAtOnce) {
        at_once_ = 0;
        sleep();
    }
}

// A client that is silent for long keeps no more of the stack than it needs: what was used before is given back.
void WsGreenletSession::await_message() {
    Timespan before_it_is_long = std::chrono::seconds{10};
    while (!message_waits() && !closed()) {
        changed_.clear();
        if (changed_.wait(before_it_is_long)) continue;
        trim_stack();
        before_it_is_long.reset();
    }
}

std::optional<Message> WsGreenletSession::recv(Timespan timeout) {
    if (receiving_) throw std::logic_error{"recv: another greenlet waits for this WebSocket"};
    struct Receiving {
        bool& flag;
        ~Receiving() { flag = false; }
    } const receiving{receiving_ = true};
    give_way();
    if (!message_waits() && !closed()) {
        const TimeoutGuard guard{timeout};
        await_message();
    }
    if (!message_waits()) return std::nullopt;
    constexpr std::size_t kEach = 1024;
    std::optional<Message> message = take_message();
    if (message) at_once_ += kEach + message->data.size();
    return message;
}

}  // namespace grove::http
