#include <grove/http/counters.h>

#include <limits>
#include <utility>

#include "used_counters.h"

namespace grove::http {

void Counter::add(double more) noexcept {
    const bool grows = more > 0 && more <= std::numeric_limits<double>::max();
    if (grows && value_ != nullptr) value_->fetch_add(more, std::memory_order_relaxed);
}

void Gauge::set(double value) noexcept {
    if (value_ != nullptr) value_->store(value, std::memory_order_relaxed);
}

void Gauge::add(double more) noexcept {
    if (value_ != nullptr) value_->fetch_add(more, std::memory_order_relaxed);
}

Counter counter(std::string name, std::string help, Labels labels) {
    return Counter{used_counter({.is_gauge = false,
                                 .name = std::move(name),
                                 .help = std::move(help),
                                 .labels = std::move(labels)})};
}

Gauge gauge(std::string name, std::string help, Labels labels) {
    return Gauge{used_counter({.is_gauge = true,
                               .name = std::move(name),
                               .help = std::move(help),
                               .labels = std::move(labels)})};
}

}  // namespace grove::http
