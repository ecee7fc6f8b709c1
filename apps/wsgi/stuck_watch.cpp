#include "python.h"
// Python's header comes first.

#include <algorithm>
#include <string>
#include <string_view>

#include <grove/http/log.h>
#include <grove/http/worker.h>

#include "shim.h"
#include "stuck_watch.h"

namespace grove::wsgi {
namespace {

using Clock = std::chrono::steady_clock;

/// Python's stacks, one line of the log each. With the GIL.
constexpr const char* kHeld = "all Python threads run requests for which nobody waits any more";
constexpr const char* kHasTheGil = "a Python thread does not let go of the GIL";

void log_stacks() {
    const std::string stacks = Shim::stacks();
    for (std::size_t at = 0; at < stacks.size();) {
        const std::size_t end = std::min(stacks.find('\n', at), stacks.size());
        http::log(http::LogLevel::kError, std::string_view{stacks}.substr(at, end - at));
        at = end + 1;
    }
}

}  // namespace

// An answer that has ended leaves its thread in close() for a moment, so that all threads may be held often and shortly:
// that costs no more than a look at the clock.
void StuckWatch::left(Job::Abandoned how) {
    if (how == Job::Abandoned::kEnded) return;
    if (how != Job::Abandoned::kNotBegun && threads_.all_abandoned()) {
        held_since_ = Clock::now();
        held_.arm(after_);
    }
    if (how == Job::Abandoned::kCloses || gil_.armed()) return;
    answers_ = std::make_shared<std::atomic<bool>>(false);
    interpreter_.post([answers = answers_] { *answers = true; });
    gil_.arm(after_);
}

// If all are held now, they have been since the last one was left: only left() makes it so.
void StuckWatch::look_for_held() {
    if (!threads_.all_abandoned()) return;
    const auto since = Clock::now() - held_since_;
    if (since < after_) return held_.arm(after_ - since);
    const bool one_has_the_gil = gil_.armed() && !*answers_;
    replace(one_has_the_gil ? kHasTheGil : kHeld);
}

void StuckWatch::look_for_gil() {
    if (!*answers_) replace(kHasTheGil);
}

void StuckWatch::replace(const char* why) {
    interpreter_.post(log_stacks);
    http::replace_worker(why);
}

}  // namespace grove::wsgi
