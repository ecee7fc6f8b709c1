#include "ending.h"

#include <algorithm>
#include <utility>

#include <grove/core/errors.h>
#include <grove/core/run_info.h>
#include <grove/core/wait.h>

using namespace grove;

namespace {

/// @return false: they are not dead, and nothing that main could wait for would change that
bool join(const std::vector<AnyGreenlet>& greenlets, Timespan time) {
    try {
        joinall(greenlets, time);
        return true;
    } catch (const LoopExit&) {
        return false;
    }
}

}  // namespace

Ending::Ending(std::vector<AnyGreenlet> spared) : spared_{std::move(spared)} {}

std::vector<AnyGreenlet> Ending::left() const {
    const AnyGreenlet caller = getcurrent();
    std::vector<AnyGreenlet> others = living_greenlets();
    std::erase_if(others, [&](const AnyGreenlet& one) {
        return one == caller || std::find(spared_.begin(), spared_.end(), one) != spared_.end();
    });
    return others;
}

bool Ending::wait(Timespan time) {
    const Deadline deadline{time};
    for (std::vector<AnyGreenlet> those = left(); !those.empty(); those = left()) {
        if (those.front().id() > last_killed_) kill(those);
        // Younger ones may help those that were killed.
        std::erase_if(those, [&](const AnyGreenlet& one) { return one.id() > last_killed_; });
        if (!join(those, deadline.left()) || deadline.passed()) return left().empty();
    }
    return true;
}

void Ending::kill(const std::vector<AnyGreenlet>& those) {
    last_killed_ = those.back().id();
    killall(those, GreenletExit{}, false);
}
