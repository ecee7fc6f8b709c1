// used_counters.h - which memory this process counts in: its server's, or its own.
#pragma once

#include <atomic>

#include <grove/core/detail/export.h>

#include "counter_name.h"
#include "counter_table.h"

namespace grove::http {

/// From here on counter() and gauge() of this process use these, which must outlive it. Called before it has a second
/// thread.
GROVE_EXPORT void use_counters(CounterTable& table, CounterValues& values) noexcept;

/// The number of that name in this process. @throws as counter() says
std::atomic<double>& used_counter(CounterName name);

}  // namespace grove::http
