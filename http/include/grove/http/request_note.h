// request_note.h - which request a process was at, in memory that outlives it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <grove/core/detail/export.h>

namespace grove::http {

/// Written by one thread and its signal handlers at the price of a short copy; read when that is dead.
class GROVE_EXPORT RequestNote {
public:
    static constexpr std::size_t kMostBytes = 112;  ///< The rest of a longer path is cut.

    /// The request `owner` begins: it is the last one now.
    void begin(const void* owner, std::string_view method, std::string_view path) noexcept;
    /// It has ended; no effect if another one began after it.
    void end(const void* owner) noexcept {
        if (owner_ == owner) clear();
    }
    /// It runs at this moment, and keeps the thread or is about to end the process.
    void blame(std::string_view method, std::string_view path) noexcept;
    /// More of that one. Either may be "".
    void describe(std::string_view id, std::string_view mount) noexcept;
    void clear() noexcept;  ///< As made.

    /// "GET /path" with whatever bytes the client sent; "" if there is none.
    [[nodiscard]] std::string text() const;
    /// blame() was called.
    [[nodiscard]] bool certain() const noexcept { return certain_; }
    [[nodiscard]] std::string id() const;     ///< As describe() was told.
    [[nodiscard]] std::string mount() const;  ///< The same.

private:
    void write(std::string_view method, std::string_view path) noexcept;

    const void* owner_ = nullptr;
    std::atomic<std::uint32_t> length_{0};  // written last
    bool certain_ = false;
    std::array<char, kMostBytes> text_{};
    std::array<char, 129> id_{};  // this and the next end with '\0', and may be cut
    std::array<char, 65> mount_{};
};

}  // namespace grove::http
