#include <grove/http/overflow_note.h>

#include <algorithm>

#include <grove/core/detail/stack_overflow.h>

namespace grove::http {

void OverflowNote::take(const void* fault, bool of_request) noexcept {
    // For core's own report too, which comes after this one.
    if (of_request) set_stack_advice("\"stack\" of its app sets the size");
    const std::size_t length = describe_stack_overflow(fault, text_);
    length_.store(static_cast<std::uint32_t>(length), std::memory_order_release);
}

void OverflowNote::clear() noexcept { length_.store(0, std::memory_order_relaxed); }

std::string OverflowNote::text() const {
    return {text_.data(), std::min<std::size_t>(length_, kMostBytes)};
}

}  // namespace grove::http
