// slots.h - who runs with a slot of the pool, and who has given it back.
#pragma once

#include <cstdint>

#include <grove/http/metrics.h>

#include "turn.h"

namespace grove::http {

class Connection;
class Handlers;
enum class Lasting : std::uint8_t;
struct ServiceTerms;

class Slots {
public:
    /// All must outlive it.
    Slots(const ServiceTerms& terms, Handlers& handlers, ServerMetrics& metrics) noexcept
        : terms_{terms}, handlers_{handlers}, metrics_{metrics} {}

    /// A turn begins with one, and ends with what it has become.
    void begin_turn() noexcept { metrics_.pool_in_use.add(); }
    void end_turn(Slot slot) noexcept { counter_of(slot).subtract(); }

    /// The caller serves this connection with a slot.
    [[nodiscard]] static bool has_one(const Connection& connection);
    /// That caller gives it back, as its client is slow. @return false: limits.slow are reached, and it keeps it
    [[nodiscard]] bool lose_as_slow(Connection& connection);
    /// The same of a task's turn, which has one.
    [[nodiscard]] bool lose_as_slow(Turn& turn);
    /// leave_pool().
    void leave(Connection& connection, Lasting as);

private:
    [[nodiscard]] bool give_back(Connection& connection);
    void goes_on(Turn& turn, Slot as) noexcept;
    void refuse_beyond_limit(Slot slot);
    [[nodiscard]] Tally& counter_of(Slot slot) noexcept;

    const ServiceTerms& terms_;
    Handlers& handlers_;
    ServerMetrics& metrics_;
};

}  // namespace grove::http
