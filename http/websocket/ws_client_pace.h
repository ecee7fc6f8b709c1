// ws_client_pace.h - how a WebSocket's client keeps up, from when its kernel's buffer is full until nothing waits for it.
#pragma once

#include <cstddef>
#include <cstdint>

#include <grove/core/detail/timer.h>
#include <grove/core/hub.h>

#include "client_pace.h"
#include "client_socket.h"

namespace grove::http {

class WsClientPace {
public:
    /// @param timeout, rate  timeouts.write and limits.write_rate
    WsClientPace(Timespan timeout, std::uint64_t rate) noexcept : timeout_{timeout}, rate_{rate} {}

    /// Nothing is taken from here on.
    void begin_wait(const ClientSocket& client) noexcept { unsent_ = client.unsent(); }
    /// The kernel has taken so much more.
    void count_taken(std::size_t bytes) noexcept {
        pace_.waited_for_reader = waited();
        pace_.count_taken(bytes);
    }
    /// timeouts.write has passed since begin_wait(). The kernel tells of room when much of its buffer is free; a client
    /// that reads slowly may take longer for that. @return whether it took some since, and enough since the start
    [[nodiscard]] bool keeps_up(const ClientSocket& client) noexcept {
        return pace_.took_since(unsent_, client.unsent()) && !takes_too_little();
    }
    /// timeouts.write has passed since the start, and it took less than limits.write_rate.
    [[nodiscard]] bool takes_too_little() const noexcept {
        return pace_.takes_too_little(waited(), timeout_, rate_);
    }

private:
    [[nodiscard]] Duration waited() const noexcept { return get_hub().now() - since_; }

    const Timespan timeout_;
    const std::uint64_t rate_;
    const Timer::Instant since_ =
        get_hub().loop().tick();  // as that of a line, which expires by it
    std::size_t unsent_ = 0;      // in the kernel's buffer, when it was looked at last
    ClientPace pace_;
};

}  // namespace grove::http
