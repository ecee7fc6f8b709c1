// ws_fan_out.h - a message that is sent to many WebSockets, one after the other, is compressed once.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <grove/core/hub.h>

namespace grove::http {

/// Keeps the message that was compressed last until its sender has ended its turn.
class WsFanOut {
public:
    WsFanOut() : turn_over_{get_hub(), [this] { last_.reset(); }} {}

    /// Compresses a message if that is worth its time, and makes it shorter.
    /// @param window_bits  0: its client takes no compressed ones
    /// @return valid until the next call, or until the caller blocks; nullptr: send it as it is. @throws std::bad_alloc
    [[nodiscard]] const std::string* compress(std::string_view message, int window_bits);

private:
    struct Last {
        std::string message;
        int window_bits;
        std::optional<std::string> coded;
    };

    std::optional<Last> last_;
    HubCall turn_over_;
};

}  // namespace grove::http
