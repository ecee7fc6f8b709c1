#include "used_counters.h"

#include <memory>
#include <utility>

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

}  // namespace

void use_counters(CounterTable& table, CounterValues& values) noexcept { used = {&table, &values}; }

std::atomic<double>& used_counter(CounterName name) {
    const Used here = used.table != nullptr ? used : own();
    return here.values->all[here.table->find_or_add(std::move(name))];
}

}  // namespace grove::http
