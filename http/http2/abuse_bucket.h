// abuse_bucket.h - what a client has sent lately that costs the server and asks for nothing (RFC 9113, 10.5): a leaky
// bucket of points, one a connection.
#pragma once

#include <cstdint>

#include <grove/core/detail/timer.h>
#include <grove/http/limits.h>

namespace grove::http {

/// Thread: one hub's. Never switches, allocates nothing.
class AbuseBucket {
public:
    using Instant = Timer::Instant;

    // Points of one each.
    static constexpr unsigned kEmptyData = 1;  // DATA without a byte and without END_STREAM
    static constexpr unsigned kPriority = 1;   // PRIORITY and PRIORITY_UPDATE
    static constexpr unsigned kPing = 2;
    static constexpr unsigned kRefusedStream = 5;
    static constexpr unsigned kRefusedHead = 5;
    static constexpr unsigned kSettings = 10;
    // The first kUpdatesPerData WINDOW_UPDATEs for each DATA frame that was sent cost none.
    static constexpr unsigned kWindowUpdate = 1;
    static constexpr unsigned kUpdatesPerData = 10;
    static constexpr unsigned kMostFreeUpdates = 1000;  // however much was sent

    /// @param limit  `burst` points fit, `rate` leak out in a second; must outlive the bucket, and change at will
    explicit AbuseBucket(const Rate& limit) noexcept : limit_{limit} {}

    /// Adds points. @param now  of any one clock; one before the last counts as the last
    /// @return whether they fit; if not, the connection should end with ENHANCE_YOUR_CALM
    [[nodiscard]] bool add(unsigned points, Instant now) noexcept;
    /// Adds those of one WINDOW_UPDATE, as add() does.
    [[nodiscard]] bool add_window_update(Instant now) noexcept;
    /// A DATA frame was sent.
    void count_sent_data() noexcept;

private:
    const Rate& limit_;
    double points_ = 0;
    Instant leaked_until_{};
    std::uint32_t free_updates_ = 0;
};

}  // namespace grove::http
