// lease_line.h - who may have a connection of a ConnectionPool, and who stands in line for one.
//
// Nothing here is for users; it is public because ConnectionPool is a template. Thread: its hub's.
#pragma once

#include <cstddef>
#include <utility>

#include <grove/core/detail/export.h>
#include <grove/core/detail/handoff.h>
#include <grove/core/duration.h>

namespace grove {

class Hub;

namespace detail {

/// Permits, each for one connection that is opened, lent or closed now. Whoever finds none stands
/// in line: first come, first served.
class GROVE_EXPORT LeaseLine {
public:
    explicit LeaseLine(std::size_t size);  ///< @throws std::invalid_argument if 0
    ~LeaseLine();
    LeaseLine(const LeaseLine&) = delete;
    LeaseLine& operator=(const LeaseLine&) = delete;

    /// Takes a permit; waits in line for it, at most `timeout`.
    /// @param parcel where a connection is put that comes with the permit
    /// @throws Timeout (id 0), ShutDown, std::logic_error on another thread, whatever interrupts
    /// the wait; nothing was taken then
    void take(void* parcel, Timespan timeout);
    /// Takes a permit for a connection that is to be closed. @pre there is an idle one
    void take_to_close() noexcept { ++in_use_; }
    /// The head of the line has it at once. Never switches.
    void give_back() noexcept;
    /// Somebody stands in line.
    [[nodiscard]] bool taker_waits() const noexcept { return line_.taker_waits(); }
    /// Gives the head of the line the permit of one in use, and the connection that goes with it.
    /// @pre taker_waits()
    template <class T>
    void hand_over(T parcel) noexcept {
        line_.parcel<T>() = std::move(parcel);
        line_.hand_over();
    }
    /// From now on nobody takes a permit; the line gets ShutDown.
    void close() noexcept;

    [[nodiscard]] bool closed() const noexcept { return closed_; }
    [[nodiscard]] std::size_t in_use() const noexcept { return in_use_; }

private:
    Hub& hub_;
    std::size_t size_;
    // Invariant: while somebody stands in line, in_use_ == size_, so that nothing is idle.
    std::size_t in_use_ = 0;
    bool closed_ = false;
    HandoffLine line_;
};

}  // namespace detail
}  // namespace grove
