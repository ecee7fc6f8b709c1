// request_note.h - the request that a process was at, in memory that outlives the process.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <grove/core/detail/export.h>

namespace grove::http {

/// One thread and its signal handlers write it, at the price of a short copy; others read it when
/// that thread is dead.
class GROVE_EXPORT RequestNote {
public:
    static constexpr std::size_t kMostBytes = 112;  ///< A longer path is cut.

    /// `owner` begins this request: it is the last request now.
    void begin(const void* owner, std::string_view method, std::string_view path) noexcept;
    /// The owner's request has ended; no effect if another request began after it.
    void end(const void* owner) noexcept {
        if (owner_ == owner) clear();
    }
    /// This request runs at this moment, and keeps the thread or is about to end the process.
    void blame(std::string_view method, std::string_view path) noexcept;
    /// Adds the blamed request's id and mount, of which either may be "", and its stream; 0: HTTP/1.
    void describe(std::string_view id, std::string_view mount, std::uint32_t stream = 0) noexcept;
    void clear() noexcept;  ///< As constructed.

    /// "GET /path" with whatever bytes the client sent; "" if there is no request.
    [[nodiscard]] std::string text() const;
    /// blame() was called.
    [[nodiscard]] bool certain() const noexcept { return certain_; }
    [[nodiscard]] std::string id() const;     ///< As given to describe().
    [[nodiscard]] std::string mount() const;  ///< As given to describe().
    [[nodiscard]] std::uint32_t stream() const noexcept { return stream_; }  ///< Likewise.

private:
    void write(std::string_view method, std::string_view path) noexcept;

    const void* owner_ = nullptr;
    std::atomic<std::uint32_t> length_{0};  // written last
    std::uint32_t stream_ = 0;
    bool certain_ = false;
    std::array<char, kMostBytes> text_{};
    std::array<char, 129> id_{};  // id_ and mount_ end with '\0', and may be cut
    std::array<char, 65> mount_{};
};

}  // namespace grove::http
