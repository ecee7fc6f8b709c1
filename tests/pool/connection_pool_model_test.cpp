// Random programs over a ConnectionPool, checked after every step against a model (C-057).
//
// GROVE_MODEL_STEPS and GROVE_MODEL_SEED lengthen and vary the run; --gtest_repeat=N goes on with
// the next seeds.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/pool/connection_pool.h>

#include "connection_pool_model.h"
#include "fake_connection.h"
#include "greenlet_test.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using test::ConnectionPoolModel;
using test::FakeConnection;

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
    return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

Timespan as_timespan(std::optional<int> ms) {
    return ms ? Timespan{std::chrono::milliseconds{*ms}} : Timespan{};
}

/// One who wants a connection, and what it is told to do with it.
struct Caller {
    enum class End { kKeep, kDrop, kThrow };
    Greenlet<void> greenlet;
    Event told;
    End end = End::kKeep;
    std::optional<int> has{};
    Caller* victim = nullptr;  // killed by this one as soon as its lease has ended
};

class RandomLending {
public:
    RandomLending(ConnectionPoolModel::Bounds bounds, std::uint64_t seed)
        : model_{bounds},
          pool_{{.size = bounds.size,
                 .idle = as_timespan(bounds.idle),
                 .lifetime = as_timespan(bounds.lifetime)},
                [this] { return open(); },
                [this](FakeConnection& one) { return !unusable_.contains(one.number()); }},
          random_{seed} {}

    void run(std::uint64_t steps) {
        for (std::uint64_t step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
            act();
            settle();
            check(step);
        }
        for (auto& [id, caller] : callers_) caller->greenlet.kill();
        EXPECT_EQ(pool_.in_use(), 0U);
        pool_.close();
        EXPECT_EQ(ledger_.open(), 0);
    }

private:
    std::size_t below(std::size_t bound) { return random_() % bound; }

    FakeConnection open() {
        if (std::exchange(fails_, false)) throw std::runtime_error{"refused"};
        return FakeConnection{ledger_};
    }

    void act() {
        switch (callers_.size() > 30 ? 4 + below(3) : below(11)) {
            case 0:
            case 1:
                return come({});
            case 2:
                return come(1 + static_cast<int>(below(4)));
            case 3:
                return pass_time();
            case 4:
            case 5:
                return end_any(Caller::End::kKeep, false);
            case 6:
                return end_any(below(2) == 0 ? Caller::End::kDrop : Caller::End::kThrow, false);
            case 7:
                return end_any(below(2) == 0 ? Caller::End::kKeep : Caller::End::kDrop, true);
            case 8:
                return kill_any();
            case 9:
                return spoil_any();
            default:
                fails_ = true;
                model_.fail_next_open();
        }
    }

    void come(std::optional<int> ms) {
        Caller& caller = *(callers_[++last_id_] = std::make_unique<Caller>());
        caller.greenlet = spawn([this, &caller, timeout = as_timespan(ms)] {
            try {
                use(caller, timeout);
            } catch (const std::runtime_error&) {
            } catch (const Timeout& thrown) {
                EXPECT_EQ(thrown.id(), 0U);
            }
            if (caller.victim != nullptr) caller.victim->greenlet.kill(GreenletExit{}, false);
        });
        model_.arrive(last_id_, ms ? std::optional{now_ + *ms} : std::nullopt);
    }
    void use(Caller& caller, Timespan timeout) {
        auto lease = pool_.acquire(timeout);
        caller.has = lease->number();
        caller.told.wait();
        if (caller.end == Caller::End::kThrow) throw std::runtime_error{"in the middle"};
        if (caller.end == Caller::End::kDrop) lease.drop();
    }

    [[nodiscard]] std::optional<int> any_holder() {
        if (model_.lent().empty()) return std::nullopt;
        auto chosen = model_.lent().begin();
        std::advance(chosen, static_cast<std::ptrdiff_t>(below(model_.lent().size())));
        return chosen->first;
    }
    // With `kill_next`, the head of the line is killed when it is woken and has not run.
    void end_any(Caller::End end, bool kill_next) {
        const auto holder = any_holder();
        if (!holder) return;
        const auto line = model_.line();
        Caller& caller = *callers_.at(*holder);
        caller.end = end;
        caller.told.set();
        if (kill_next && !line.empty()) caller.victim = callers_.at(line.front()).get();
        end == Caller::End::kKeep ? model_.keep(*holder) : model_.drop(*holder);
        if (kill_next && !line.empty() && model_.lent().contains(line.front()))
            model_.drop(line.front());
    }
    void kill_any() {
        const auto line = model_.line();
        const auto holder = any_holder();
        if (!line.empty() && below(2) == 0) {
            const int waiting = line[below(line.size())];
            callers_.at(waiting)->greenlet.kill();
            model_.give_up(waiting);
        } else if (holder) {
            callers_.at(*holder)->greenlet.kill();
            model_.drop(*holder);
        }
    }
    void spoil_any() {
        if (const auto holder = any_holder()) {
            unusable_.insert(model_.lent().at(*holder));
            model_.spoil(model_.lent().at(*holder));
        }
    }
    void pass_time() {
        sleep(1ms);
        model_.time_is(++now_);
    }

    void settle() {
        for (int turn = 0; turn < 12; ++turn) sleep();
        std::erase_if(callers_, [](const auto& entry) { return entry.second->greenlet.dead(); });
    }

    void check(std::uint64_t step) {
        ASSERT_EQ(pool_.idle(), model_.idle()) << "at step " << step;
        ASSERT_EQ(pool_.in_use(), model_.in_use()) << "at step " << step;
        ASSERT_EQ(pool_.size(), static_cast<std::size_t>(ledger_.open())) << "at step " << step;
        ASSERT_EQ(ledger_.closed, model_.closed()) << "at step " << step;
        ASSERT_EQ(callers_.size(), model_.lent().size() + model_.line().size());
        for (const auto& [caller, connection] : model_.lent())
            ASSERT_EQ(callers_.at(caller)->has, connection) << "at step " << step;
    }

    test::Ledger ledger_;
    std::set<int> unusable_;
    bool fails_ = false;
    ConnectionPoolModel model_;
    ConnectionPool<FakeConnection> pool_;
    std::mt19937_64 random_;
    int last_id_ = 0;
    int now_ = 0;
    std::map<int, std::unique_ptr<Caller>> callers_;
};

void run_model(ConnectionPoolModel::Bounds bounds) {
    static std::uint64_t repetition = 0;
    const std::uint64_t steps = number_from("GROVE_MODEL_STEPS", 5'000);
    const std::uint64_t seed = number_from("GROVE_MODEL_SEED", 1) + repetition++;
    RandomLending{bounds, seed}.run(steps);
    std::cout << steps << " steps, seed " << seed << '\n';
}

FAKE_CLOCK_TEST(ConnectionPoolModel, HoldsForOne) { run_model({1, {}, {}}); }
FAKE_CLOCK_TEST(ConnectionPoolModel, HoldsForThree) { run_model({3, {}, {}}); }
FAKE_CLOCK_TEST(ConnectionPoolModel, HoldsWithAnIdleBound) { run_model({3, 3, {}}); }
FAKE_CLOCK_TEST(ConnectionPoolModel, HoldsWithBothBounds) { run_model({4, 2, 5}); }

}  // namespace
}  // namespace grove
