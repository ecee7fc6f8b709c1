// thread_pool_options.h - how a ThreadPool (thread_pool.h) treats its threads.
#pragma once

#include <functional>

#include <grove/core/duration.h>

namespace grove {

/// When a ThreadPool's threads leave, and what they run at their start and end.
struct ThreadPoolOptions {
    Timespan idle{};  ///< Idle threads leave after it; nullopt: never.
    std::function<void()>
        on_start{};                   ///< Runs in each new thread. If it throws, the task for which
                                      ///< the thread was made fails with that; the thread leaves.
    std::function<void()> on_stop{};  ///< Runs in each leaving thread. What it throws is reported.
};

}  // namespace grove
