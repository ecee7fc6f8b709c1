#include "mount_pools.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include "exchange.h"
#include "mount_terms.h"
#include "service_terms.h"

namespace grove::http {
namespace {

constexpr auto kUntilMemory = std::chrono::milliseconds{100};

// Asked at once, and not of the first request: only its own thread may touch a pool.
void check_thread_of(const MountTerms& mount) {
    if (mount.pool == nullptr) return;
    try {
        if (mount.pool->acquire(false)) mount.pool->release();
    } catch (const std::logic_error&) {
        throw std::invalid_argument{"mounts: the pool of \"" +
                                    (mount.path.empty() ? "/" : mount.path) +
                                    "\" was made in another thread than its server"};
    }
}

}  // namespace

MountPools::Line::Line(MountPools& all, const MountTerms& of,
                       const DeadlineLine<Connection>::Expire& expire)
    : pools{all}, hub{get_hub()}, mount{of}, waiting{of.timeouts.request, expire} {
    check_thread_of(mount);
}

MountPools::Line::~Line() { hub.cancel(*this); }

void MountPools::Line::expired() noexcept {
    if (!waiting.empty()) pools.stand_in_line(*this);
}

MountPools::MountPools(const ServiceTerms& terms, const DeadlineLine<Connection>::Expire& expire,
                       std::function<void(Connection&)> admit)
    : admit_{std::move(admit)} {
    if (terms.mounts == nullptr) return;
    for (const MountTerms& mount : terms.mounts->all())
        lines_.push_back(std::make_unique<Line>(*this, mount, expire));
}

MountPools::~MountPools() {
    for (const auto& line : lines_) {
        if (line->link != 0) line->mount.pool->unlink(line->link);
    }
}

bool MountPools::take(Connection& connection) {
    Exchange& exchange = *connection.exchange;
    if (exchange.mount == nullptr || exchange.mount->pool == nullptr || exchange.pool != nullptr)
        return true;
    if (!exchange.mount->pool->acquire(false)) return false;
    exchange.pool = exchange.mount->pool.get();
    return true;
}

void MountPools::push_back(Connection& connection) {
    Line& line = *lines_[connection.exchange->mount->index];
    line.waiting.push_back(connection);
    stand_in_line(line);
}

void MountPools::stand_in_line(Line& line) {
    if (line.link != 0) return;
    try {
        line.link = line.mount.pool->rawlink([this, &line] { admit_first(line); });
    } catch (const std::bad_alloc&) {  // nothing else would come back to those who wait
        if (!line.armed()) line.hub.arm_after(line, kUntilMemory);
    }
}

// In the hub, at our place in the pool's line.
void MountPools::admit_first(Line& line) {
    line.link = 0;
    if (line.waiting.empty()) return;  // who waited was refused meanwhile
    if (std::next(line.waiting.begin()) != line.waiting.end()) stand_in_line(line);
    Connection& first = line.waiting.front();
    if (!take(first)) return stand_in_line(line);
    first.unlink();
    admit_(first);
}

bool MountPools::empty() const noexcept {
    return std::all_of(lines_.begin(), lines_.end(),
                       [](const auto& line) { return line->waiting.empty(); });
}

Connection& MountPools::front() noexcept {
    const auto found = std::find_if(lines_.begin(), lines_.end(),
                                    [](const auto& line) { return !line->waiting.empty(); });
    return (*found)->waiting.front();
}

}  // namespace grove::http
