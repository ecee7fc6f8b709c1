#include <grove/http/counters.h>

#include <limits>
#include <memory>
#include <utility>

#include "counter_table.h"

namespace grove::http {
namespace {

// This process's: set once, before there is anybody to ask for it.
struct Used {
    CounterTable* table = nullptr;
    CounterValues* values = nullptr;
};
constinit Used used;

struct Own {
    CounterTable table{};
    CounterValues values{};
};

// In no worker. Kept for ever: handles may be used to the very end.
Used own() {
    static Own* const kOwn = std::make_unique<Own>().release();
    return {&kOwn->table, &kOwn->values};
}

std::atomic<double>& value_of(CounterName name) {
    const Used here = used.table != nullptr ? used : own();
    return here.values->all[here.table->find_or_add(std::move(name))];
}

}  // namespace

void use_counters(CounterTable& table, CounterValues& values) noexcept { used = {&table, &values}; }

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
    return Counter{value_of({.is_gauge = false,
                             .name = std::move(name),
                             .help = std::move(help),
                             .labels = std::move(labels)})};
}

Gauge gauge(std::string name, std::string help, Labels labels) {
    return Gauge{value_of({.is_gauge = true,
                           .name = std::move(name),
                           .help = std::move(help),
                           .labels = std::move(labels)})};
}

}  // namespace grove::http
