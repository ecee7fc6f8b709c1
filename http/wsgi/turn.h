// turn.h - a connection's turn with a slot of the pool.
//
// Goes with the function of the greenlet that serves the connection, so that it ends however that does:
// having run, killed before it ran, or never spawned.
#pragma once

#include <cstdint>
#include <utility>

namespace grove::http {

class Connection;
class SlotLine;

/// What a turn has of the pool. A slot that is given back does not come again.
enum class Slot {
    kHeld,
    kSlow,     // given back, as the client is slow
    kDetached  // by the application
};

class Turn {
public:
    Turn(SlotLine& line, Connection& connection) noexcept
        : line_{&line}, connection_{&connection} {}
    Turn(Turn&& other) noexcept
        : line_{std::exchange(other.line_, nullptr)},
          connection_{std::exchange(other.connection_, nullptr)} {}
    ~Turn();

    /// Serves; the turn is over when it returns or throws.
    void operator()();

    /// Of the greenlet that serves.
    [[nodiscard]] std::uint64_t greenlet() const noexcept { return greenlet_; }
    [[nodiscard]] Slot slot() const noexcept { return slot_; }
    void goes_on_as(Slot slot) noexcept { slot_ = slot; }

private:
    SlotLine* line_;  // nullptr: moved from
    Connection* connection_;
    std::uint64_t greenlet_ = 0;
    Slot slot_ = Slot::kHeld;
};

}  // namespace grove::http
