// turn.h - a greenlet's turn with a slot of the pool, in which it serves a connection.
#pragma once

#include <cstdint>

#include <grove/core/duration.h>

#include "deadline_line.h"

namespace grove::http {

/// What a turn has of the pool, or counts as without. A slot that is given back does not come again.
enum class Slot {
    kHeld,
    kSlow,      // given back, as the client is slow
    kDetached,  // by the application, as the two below
    kEventStream,
    kWebSocket
};

/// The line for a slot has it on the greenlet's stack; a connection names it while it is served. That of a task stands in
/// a list.
class Turn : public LineHook {
public:
    /// By the greenlet that serves, which runs now.
    void begin(std::uint64_t greenlet) noexcept { greenlet_ = greenlet; }
    [[nodiscard]] std::uint64_t greenlet() const noexcept { return greenlet_; }
    [[nodiscard]] Slot slot() const noexcept { return slot_; }
    void goes_on_as(Slot slot) noexcept { slot_ = slot; }

    Duration waited_for_others{};  // clients that are not its request's

private:
    std::uint64_t greenlet_ = 0;
    Slot slot_ = Slot::kHeld;
};

}  // namespace grove::http
