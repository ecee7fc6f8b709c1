// overflow_note.h - that a process died of a greenlet's used up stack, in memory that outlives it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include <grove/core/detail/export.h>

namespace grove::http {

/// Written in a signal handler, read when its process is dead.
class GROVE_EXPORT OverflowNote {
public:
    static constexpr std::size_t kMostBytes = 252;  ///< The rest is cut.

    /// Says what happened if `fault`, of a SIGSEGV, is below the running greenlet's stack.
    /// @param of_request  it runs a request: then the application's "stack" is what helps
    void take(const void* fault, bool of_request) noexcept;
    void clear() noexcept;  ///< As made.

    /// "greenlet NAME overflowed its stack of N bytes; what helps"; "" if none did.
    [[nodiscard]] std::string text() const;

private:
    std::atomic<std::uint32_t> length_{0};  // written last
    std::array<char, kMostBytes> text_{};
};

}  // namespace grove::http
