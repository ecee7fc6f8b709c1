// world.h - one seeded run of greenlets that share every primitive while they are killed and timed
// out.
//
// Conservation is what it checks: permits, items, values of Locals, kills and timers are neither
// lost nor doubled. On a fake clock and without foreign threads a run is repeatable by its seed.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include <grove/core.h>

namespace grove::stress {

struct Counts {
    std::uint64_t steps = 0;
    std::uint64_t kills_sent = 0;
    std::uint64_t kills_delivered = 0;
    std::uint64_t timeouts = 0;
    std::uint64_t wakes = 0;
    std::uint64_t greenlets = 0;
};

class World {
public:
    World(std::uint64_t seed, Counts& counts);

    /// Runs it to its end. @throws std::logic_error that says what was lost or doubled
    void run();

private:
    struct Kill {  // thrown into workers; its number is outstanding until it is caught
        std::uint64_t number;
    };
    struct Counted {  // a Local's value
        explicit Counted(World& world) : world_{world} { ++world_.locals_alive_; }
        ~Counted() { --world_.locals_alive_; }
        Counted(const Counted&) = delete;
        Counted& operator=(const Counted&) = delete;
        World& world_;
    };
    struct SleepsWhileLeaving;

    int pick(int below);
    bool one_in(int n) { return pick(n) == 0; }
    Duration some_time();
    Timespan maybe_time();

    void work();
    void reap(const Greenlet<void>& worker);
    void act_guarded();
    void act();
    void use_permit(Semaphore& semaphore, int& held, int most);
    template <class Q>
    void use_queue(Q& queue);
    void use_event();
    void use_result();
    void use_other_greenlets();
    void put_done(std::uint64_t item);
    void got(std::uint64_t item);

    void disturb();
    void spawn_worker();
    void check_invariants();
    void finish();

    static constexpr int kPermits = 3;

    std::mt19937_64 random_;
    Counts& counts_;
    bool stop_ = false;
    Semaphore permits_{kPermits};
    int permits_held_ = 0;
    Semaphore one_{1};
    int one_held_ = 0;
    Event event_;
    std::shared_ptr<AsyncResult<std::uint64_t>> result_ =
        std::make_shared<AsyncResult<std::uint64_t>>();
    Queue<std::uint64_t> queue_{3};
    LifoQueue<std::uint64_t> stack_;
    PriorityQueue<std::uint64_t> heap_{2};
    JoinableQueue<std::uint64_t> jobs_{2};
    Channel<std::uint64_t> channel_;
    std::uint64_t last_item_ = 0;
    std::multiset<std::uint64_t> items_;  // put, and not got yet
    std::set<std::uint64_t> kills_;       // sent, and not delivered yet
    int locals_alive_ = 0;
    Local<std::unique_ptr<Counted>> local_{[this] { return std::make_unique<Counted>(*this); }};
    std::vector<Greenlet<void>> workers_;
};

}  // namespace grove::stress
