// greenlet_groups.h - the greenlets of a worker, those that stand at the same place told of once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <grove/core/duration.h>
#include <grove/core/run_info.h>

/// Greenlets that stand at the same place, for the same reason.
struct GreenletGroup {
    grove::GreenletInfo first;       ///< The oldest.
    std::vector<std::uint64_t> ids;  ///< Of all, the oldest first.
    grove::Duration youngest{};      ///< Its age.
};

/// All that live: main first, then by the first of each group. Switches after each hundred, so that requests go on;
/// what ends or begins meanwhile may be missing.
[[nodiscard]] std::vector<GreenletGroup> greenlet_groups();
/// `greenlet 7 "reader" blocked in an item of a Queue, 12 ms old`, or
/// `900 greenlets blocked in a Semaphore, 3 to 12 ms old, ids 8, 9, 10 …`
[[nodiscard]] std::string begin_of(const GreenletGroup& group);
/// `blocked in a Semaphore`
[[nodiscard]] std::string state_text(const grove::GreenletInfo& greenlet);
/// `12 ms old`
[[nodiscard]] std::string age_text(grove::Duration age);
