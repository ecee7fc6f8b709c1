// counters.h - an application's own numbers, beside the server's in /metrics.
//
// A worker's numbers lie in memory that all workers share. /metrics has the sum over all workers:
// of a counter also what former workers counted, so that the sum never goes back; of a gauge what
// the living ones have set. In a program without workers nobody asks for them.
#pragma once

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include <grove/core/detail/export.h>

namespace grove::http {

/// Names and values, in any order: {{"queue", "mail"}}.
using Labels = std::vector<std::pair<std::string, std::string>>;

/// A handle on a number that only grows, cheap to copy. Any thread. It costs one atomic addition;
/// never allocates, never blocks.
class GROVE_EXPORT Counter {
public:
    Counter() noexcept = default;  ///< Counts nothing.
    /// No effect if `more` is negative, infinite or not a number.
    void add(double more = 1) noexcept;

private:
    friend Counter counter(std::string name, std::string help, Labels labels);
    explicit Counter(std::atomic<double>& value) noexcept : value_{&value} {}
    std::atomic<double>* value_ = nullptr;
};

/// A handle, likewise, on a number that goes up and down. The number is 0 when its worker begins,
/// and again when its worker has ended.
class GROVE_EXPORT Gauge {
public:
    Gauge() noexcept = default;       ///< Shows nothing.
    void set(double value) noexcept;  ///< This worker's part of the sum.
    void add(double more) noexcept;   ///< Less, if it is negative.

private:
    friend Gauge gauge(std::string name, std::string help, Labels labels);
    explicit Gauge(std::atomic<double>& value) noexcept : value_{&value} {}
    std::atomic<double>* value_ = nullptr;
};

/// The counter of that name and these labels: the same each time, in each worker, and after each
/// reload. A server has room for 256 counters and gauges in all, which stay until it ends. Any
/// thread; blocks for moments only. Call it in the factory and keep the handle.
/// @param name  as in Prometheus: letters, digits, '_' and ':', not beginning with a digit. Names
///              that begin with "grove_" are the server's own. By custom it ends with "_total".
/// @param help  what it counts, one line of UTF-8; the first help that was given for a name is
///              shown
/// @param labels  names as `name` without ':', not beginning with "__", each once; the values are
///                UTF-8 without control characters
/// @throws std::invalid_argument for arguments that break these rules, and for the name of a gauge;
///         std::length_error if there are 256 others, or name, help and labels are longer than 1000
///         bytes in all
GROVE_EXPORT Counter counter(std::string name, std::string help, Labels labels = {});
/// The gauge, in the same way. @throws as counter(); std::invalid_argument for a counter's name
GROVE_EXPORT Gauge gauge(std::string name, std::string help, Labels labels = {});

}  // namespace grove::http
