// overflow_note.h - a note that a greenlet's used up stack ended a process, in memory that stays.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include <grove/core/detail/export.h>

namespace grove::http {

/// A signal handler writes it; others read it when the handler's process is dead.
class GROVE_EXPORT OverflowNote {
public:
    static constexpr std::size_t kMostBytes = 252;  ///< A longer text is cut.

    /// Notes the overflow if `fault`, the address of a SIGSEGV, is below the running greenlet's
    /// stack.
    /// @param of_request  the greenlet runs a request: then the application's "stack" helps
    void take(const void* fault, bool of_request) noexcept;
    void clear() noexcept;  ///< As constructed.

    /// "greenlet NAME overflowed its stack of N bytes; what helps"; "" if no greenlet did.
    [[nodiscard]] std::string text() const;

private:
    std::atomic<std::uint32_t> length_{0};  // written last
    std::array<char, kMostBytes> text_{};
};

}  // namespace grove::http
