#include "ws_fan_out.h"

#include <cstddef>
#include <utility>

#include "ws_deflate.h"

namespace grove::http {

const std::string* WsFanOut::compress(std::string_view message, int window_bits) {
    // A shorter one does not gain what it costs, and a longer one would hold the hub for tens of milliseconds.
    constexpr std::size_t kFewest = 256;
    constexpr std::size_t kMost = std::size_t{1} << 20U;
    if (window_bits == 0 || message.size() < kFewest || message.size() > kMost) return nullptr;
    if (!last_ || last_->window_bits != window_bits || last_->message != message) {
        last_.reset();
        auto coded = WsDeflate::of_thread().compress(message, window_bits);
        last_ = Last{std::string{message}, window_bits, std::move(coded)};
        turn_over_.schedule();
    }
    return last_->coded ? &*last_->coded : nullptr;
}

}  // namespace grove::http
