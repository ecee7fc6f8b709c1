#include <grove/pool/pool.h>

#include <climits>
#include <stdexcept>
#include <string>

namespace grove {
namespace {

std::optional<std::size_t> checked(std::optional<std::ptrdiff_t> size) {
    if (!size) return std::nullopt;
    if (*size < 0) throw std::invalid_argument{"Pool: the size must not be negative"};
    return static_cast<std::size_t>(*size);
}

}  // namespace

PoolFull::~PoolFull() = default;

Pool::Pool(std::optional<std::ptrdiff_t> size, std::shared_ptr<const GreenletClass> greenlet_class)
    : Group{slots_}, limit_{checked(size)}, slots_{limit_.value_or(INT_MAX)} {
    set_greenlet_class(std::move(greenlet_class));
}

Pool::~Pool() { drop_members(); }  // their slots go back to slots_

PoolFull Pool::pool_full() const {
    return PoolFull{"the pool is full: all " + std::to_string(limit_.value_or(INT_MAX)) +
                    " slots are taken"};
}

void Pool::add(AnyGreenlet greenlet) { add(std::move(greenlet), true); }

void Pool::add(AnyGreenlet greenlet, bool blocking, Timespan timeout) {
    check(greenlet, "Pool::add()");
    if (contains(greenlet)) return;
    const std::uint64_t kills_before = kills();
    detail::Slot slot = slots_.try_take();
    if (!slot && blocking) slot = slots_.take(timeout);
    if (!slot) throw pool_full();
    if (contains(greenlet)) return;  // somebody added it while we waited
    track(std::move(greenlet), std::move(slot), kills() != kills_before ? kills() : 0);
}

void Pool::start(AnyGreenlet greenlet) { Group::start(std::move(greenlet)); }

void Pool::start(AnyGreenlet greenlet, bool blocking, Timespan timeout) {
    add(greenlet, blocking, timeout);
    greenlet.start();
}

bool Pool::try_start(AnyGreenlet greenlet) {
    check(greenlet, "Pool::try_start()");
    if (!contains(greenlet)) {
        detail::Slot slot = slots_.try_take();
        if (!slot) return false;
        track(greenlet, std::move(slot), 0);
    }
    greenlet.start();
    return true;
}

std::size_t Pool::wait_available(Timespan timeout) {
    return slots_.line().wait(timeout) > 0 ? free_count() : 0;
}

}  // namespace grove
