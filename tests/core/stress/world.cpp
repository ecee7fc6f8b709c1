#include "world.h"

#include <stdexcept>
#include <string>

namespace grove::stress {
namespace {

using namespace std::chrono_literals;

void require(bool condition, const char* what) {
    if (!condition) throw std::logic_error{what};
}

}  // namespace

// Blocks in its destructor, shielded or while an exception unwinds it: no kill may come in there.
struct World::SleepsWhileLeaving {
    World& world;
    bool shielded;
    ~SleepsWhileLeaving() {
        if (shielded) {
            const Shield shield;
            sleep(world.some_time());
        } else if (std::uncaught_exceptions() > 0) {
            sleep(world.some_time());
        }
    }
};

World::World(std::uint64_t seed, Counts& counts) : random_{seed}, counts_{counts} {}

int World::pick(int below) {
    return static_cast<int>(random_() % static_cast<std::uint64_t>(below));
}
Duration World::some_time() { return one_in(3) ? Duration::zero() : Duration{1ms} * pick(4); }
Timespan World::maybe_time() { return one_in(2) ? std::nullopt : Timespan{some_time()}; }

void World::run() {
    get_hub().set_error_handler([](const std::string&, std::exception_ptr) {});
    for (int i = 0; i < 24; ++i) spawn_worker();
    for (int step = 0; step < 500; ++step) {
        ++counts_.steps;
        disturb();
        check_invariants();
    }
    finish();
}

void World::spawn_worker() {
    ++counts_.greenlets;
    workers_.push_back(spawn([this] { work(); }));
}

// A worker survives timeouts and its errors, and half of its kills.
void World::work() {
    while (!stop_) {
        try {
            act_guarded();
            sleep();
        } catch (const Kill& kill) {
            require(kills_.erase(kill.number) == 1, "a kill was delivered twice");
            ++counts_.kills_delivered;
            if (one_in(2)) return;
        } catch (const Full&) {
        } catch (const Empty&) {
        }
    }
}

// It ended by a require() of its own, or by a kill before it could catch one.
void World::reap(const Greenlet<void>& worker) {
    try {
        if (worker.exception() != nullptr) worker.get();
    } catch (const Kill& kill) {
        require(kills_.erase(kill.number) == 1, "a kill was delivered twice");
        ++counts_.kills_delivered;
    }
}

void World::act_guarded() {
    if (!one_in(3)) {
        act();
        return;
    }
    const TimeoutGuard outer{some_time()};
    const TimeoutGuard inner{maybe_time()};
    try {
        act();
    } catch (const Timeout& timeout) {
        ++counts_.timeouts;
        require(outer.threw(timeout) || inner.threw(timeout), "a timeout of no guard of mine");
        require(!(outer.threw(timeout) ? outer : inner).pending(), "a guard threw while pending");
    }
}

void World::act() {
    const SleepsWhileLeaving leaving{*this, one_in(8)};
    if (one_in(4)) local_.get();
    switch (pick(10)) {
        case 0:
            return use_permit(permits_, permits_held_, kPermits);
        case 1:
            return use_permit(one_, one_held_, 1);
        case 2:
            return use_queue(queue_);
        case 3:
            return use_queue(stack_);
        case 4:
            return use_queue(heap_);
        case 5:
            return use_queue(jobs_);
        case 6:
            return use_queue(channel_);
        case 7:
            return use_event();
        case 8:
            return use_result();
        default:
            return use_other_greenlets();
    }
}

void World::use_permit(Semaphore& semaphore, int& held, int most) {
    if (one_in(6)) {
        semaphore.wait(some_time());
        return;
    }
    if (one_in(6)) {
        semaphore.unlink(semaphore.rawlink([] {}));
        semaphore.rawlink([this] { ++counts_.wakes; });
    }
    const SemaphorePermit permit{semaphore, maybe_time()};
    if (!permit) return;
    ++counts_.wakes;
    struct Held {
        int& count;
        ~Held() { --count; }
    } const counted{++held};
    require(held <= most, "more permits were given than there are");
    sleep(some_time());
}

void World::put_done(std::uint64_t item) { items_.insert(item); }

void World::got(std::uint64_t item) {
    ++counts_.wakes;
    const auto place = items_.find(item);
    require(place != items_.end(), "an item was got twice, or was never put");
    items_.erase(place);
}

// An item counts as put from before the call, as its getter may run first; it is struck out again
// if the put failed.
template <class Q>
void World::use_queue(Q& queue) {
    if (one_in(2)) {
        const std::uint64_t item = ++last_item_;
        put_done(item);
        try {
            queue.put(item, !one_in(4), one_in(2) ? std::nullopt : Timespan{some_time()});
        } catch (...) {
            require(items_.erase(item) == 1, "a failed put left its item");
            throw;
        }
        return;
    }
    if constexpr (requires { queue.peek(); }) {
        if (one_in(6)) queue.peek(true, some_time());
    }
    got(queue.get(!one_in(4), Timespan{some_time()}));
    if constexpr (requires { queue.task_done(); }) queue.task_done();
}

void World::use_event() {
    if (one_in(3)) {
        event_.set();
        event_.clear();
    } else {
        counts_.wakes += event_.wait(some_time());
    }
}

void World::use_result() {
    if (one_in(3)) {
        if (!result_->ready()) result_->set(++last_item_);
        result_ = std::make_shared<AsyncResult<std::uint64_t>>();
    } else {
        const auto mine = result_;
        try {
            mine->get(true, some_time());
            ++counts_.wakes;
        } catch (const Timeout& timeout) {
            if (timeout.id() != 0) throw;  // a guard's
        }
    }
}

void World::use_other_greenlets() {
    ++counts_.greenlets;
    auto child = spawn_later(some_time(), [time = some_time()] { sleep(time); });
    switch (pick(4)) {
        case 0:
            child.join(some_time());
            break;
        case 1:
            wait({child, getcurrent()}, some_time());
            break;
        case 2:
            child.kill(GreenletExit{}, one_in(2), some_time());
            break;
        default:
            child.rawlink([this](const AnyGreenlet&) { ++counts_.wakes; });
    }
}

void World::disturb() {
    if (one_in(2)) {
        const std::uint64_t number = counts_.kills_sent++;
        auto& victim = workers_[static_cast<std::size_t>(pick(static_cast<int>(workers_.size())))];
        if (!victim.dead()) {
            kills_.insert(number);
            victim.kill(Kill{number}, one_in(4), some_time());
        }
    }
    for (auto& worker : workers_) {
        if (!worker.dead()) continue;
        reap(worker);
        ++counts_.greenlets;
        worker = spawn([this] { work(); });
    }
    sleep(some_time());
}

void World::check_invariants() {
    require(permits_.counter() + permits_held_ <= kPermits, "a permit was doubled");
    require(one_.counter() + one_held_ <= 1, "the one permit was doubled");
    require(queue_.qsize() <= 3 && heap_.qsize() <= 2, "a queue holds more than its maxsize");
}

void World::finish() {
    stop_ = true;
    killall(workers_);
    for (int turns = 0; turns < 100 && get_hub().greenlet_count() != 0; ++turns) sleep(10ms);
    require(get_hub().greenlet_count() == 0, "a greenlet did not end");
    for (const auto& worker : workers_) reap(worker);
    require(permits_.counter() == kPermits && one_.counter() == 1, "a permit was lost");
    require(permits_held_ == 0 && one_held_ == 0, "a permit's holder was not unwound");
    auto drain = [this](auto& queue) {
        while (!queue.empty()) got(queue.get());
    };
    drain(queue_);
    drain(stack_);
    drain(heap_);
    drain(jobs_);
    require(items_.empty(), "an item was lost");
    require(locals_alive_ == 0, "the value of a Local was not destroyed");
    sleep(10ms);  // whatever timer is left would show
}

}  // namespace grove::stress
