// Random programs over a Pool, checked after every step against a model.
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
#include <vector>

#include <gtest/gtest.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/pool/pool.h>

#include "greenlet_test.h"
#include "pool_model.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using test::PoolModel;

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
    return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// One task, and who brings it to the pool.
struct Task {
    Greenlet<void> greenlet;
    AnyGreenlet bringer;
    Event end;
    bool started = false;
};

class Program {
public:
    Program(std::optional<std::ptrdiff_t> size, std::uint64_t seed)
        : pool_{size}, unlimited_{!size}, model_{pool_.free_count()}, random_{seed} {}

    void run(std::uint64_t steps) {
        for (std::uint64_t step = 0; step < steps; ++step) {
            act();
            check();
            if (testing::Test::HasFailure()) {
                ADD_FAILURE() << "at step " << step;
                break;
            }
        }
        finish();
    }

private:
    std::size_t below(std::size_t bound) { return random_() % bound; }

    void act() {
        // Few enough that the line and the pool are empty at times.
        if (tasks_.size() > 40) {
            end_any();
            settle();
            return;
        }
        switch (below(12)) {
            case 0:
            case 1:
                bring({});
                break;
            case 2:
                bring(1 + static_cast<int>(below(5)));
                break;
            case 3:
                look();
                break;
            case 4:
                try_add();
                return;  // at once, so the next step may come before the hub's turn
            case 5:
                discard_any();
                return;
            case 6:
                kill_waiter();
                return;
            case 7:
            case 8:
                end_any();
                break;
            case 9:
                kill_any();
                break;
            case 10:
                pass_time();
                break;
            default:
                if (below(50) == 0) kill_pool();
        }
        settle();
    }

    Task& make_task() {
        const int id = ++last_id_;
        auto task = std::make_unique<Task>();
        task->greenlet = make_greenlet([this, id, &end = task->end] {
            ran_.push_back(id);
            end.wait();
        });
        return *(tasks_[id] = std::move(task));
    }

    void bring(std::optional<int> ms) {
        settle();
        Task& task = make_task();
        const Timespan timeout = ms ? Timespan{std::chrono::milliseconds{*ms}} : Timespan{};
        task.started = true;
        task.bringer = spawn([this, timeout, greenlet = task.greenlet] {
            try {
                pool_.start(greenlet, true, timeout);
            } catch (const PoolFull&) {
            }
        });
        const auto deadline = ms ? std::optional{now_ + *ms} : std::nullopt;
        model_.arrive({.id = last_id_, .takes = true, .deadline = deadline});
    }
    void look() {
        settle();
        const int id = ++last_id_;
        lookers_[id] = spawn([this] { pool_.wait_available(); });
        model_.arrive({.id = id, .takes = false});
    }
    void try_add() {
        Task& task = make_task();
        bool added = true;
        try {
            pool_.add(task.greenlet, false);
        } catch (const PoolFull&) {
            added = false;
        }
        EXPECT_EQ(model_.try_take(last_id_), added);
        if (!added) tasks_.erase(last_id_);
    }

    [[nodiscard]] std::map<int, std::unique_ptr<Task>>::iterator any() {
        auto chosen = tasks_.begin();
        std::advance(chosen, static_cast<std::ptrdiff_t>(below(tasks_.size())));
        return chosen;
    }
    void discard_any() {
        if (tasks_.empty()) return;
        const auto chosen = any();
        pool_.discard(chosen->second->greenlet);
        model_.leave(chosen->first);
    }
    void end_any() {
        settle();
        if (tasks_.empty()) return;
        const auto chosen = any();
        if (model_.waits(chosen->first)) return;
        chosen->second->end.set();
        if (!chosen->second->started) chosen->second->greenlet.start();
        settle_after_leaving(chosen->first);
    }
    void kill_any() {
        settle();
        if (tasks_.empty()) return;
        const auto chosen = any();
        if (model_.waits(chosen->first)) return;
        chosen->second->greenlet.kill(GreenletExit{}, below(2) == 0);
        settle_after_leaving(chosen->first);
    }
    void settle_after_leaving(int id) {
        model_.leave(id);
        settle();
    }
    void kill_waiter() {
        if (model_.line().empty()) return;
        const int id = model_.line()[below(model_.line().size())].id;
        const auto task = tasks_.find(id);
        const AnyGreenlet waiter =
            task != tasks_.end() ? task->second->bringer : AnyGreenlet{lookers_.at(id)};
        waiter.kill(GreenletExit{}, false);
        model_.give_up(id);
    }
    void pass_time() {
        settle();
        sleep(1ms);
        model_.time_is(++now_);
    }
    // The line is served with the slots of the killed, and those it brings are spared (P-137).
    void kill_pool() {
        settle();
        const auto members = model_.members();
        pool_.kill();
        for (const int id : members) model_.leave(id);
    }

    void settle() {
        for (int turn = 0; turn < 8; ++turn) sleep();
        model_.settle();
        std::erase_if(tasks_, [&](const auto& entry) {
            const Task& task = *entry.second;
            const bool refused =
                task.started && !task.greenlet.started() && !model_.waits(entry.first);
            return task.greenlet.dead() || (refused && !model_.contains(entry.first));
        });
        std::erase_if(lookers_, [](const auto& entry) { return entry.second.dead(); });
        check_order();
    }

    // Tasks that were brought ran in the order in which the model served them.
    void check_order() {
        std::vector<int> expected;
        for (; checked_ < model_.served().size(); ++checked_) {
            const int id = model_.served()[checked_];
            if (std::find(ran_.begin(), ran_.end(), id) != ran_.end()) expected.push_back(id);
        }
        std::erase_if(ran_, [&](int id) {
            return std::find(expected.begin(), expected.end(), id) == expected.end();
        });
        EXPECT_EQ(ran_, expected);
        ran_.clear();
    }

    void check() {
        ASSERT_EQ(pool_.size(), model_.size());
        ASSERT_EQ(pool_.free_count(), model_.free_count());
        ASSERT_EQ(pool_.full(), model_.free_count() == 0);
        ASSERT_EQ(pool_.waiting(), model_.waiting());
        for (const auto& [id, task] : tasks_)
            ASSERT_EQ(pool_.contains(task->greenlet), model_.contains(id)) << id;
        if (!unlimited_ && model_.waiting() == 0) {
            ASSERT_EQ(pool_.free_count() + pool_.size() + model_.on_their_way(), *pool_.limit());
        }
    }

    void finish() {
        settle();
        for (const auto& [id, looker] : lookers_) looker.kill();
        for (const auto& [id, task] : tasks_) {
            if (task->bringer.valid()) task->bringer.kill();
        }
        for (const auto& [id, task] : tasks_) task->greenlet.kill();
        pool_.kill();
        EXPECT_TRUE(pool_.empty());
        EXPECT_EQ(pool_.waiting(), 0U);
        if (!unlimited_) {
            EXPECT_EQ(pool_.free_count(), *pool_.limit());
        }
    }

    Pool pool_;
    bool unlimited_;
    PoolModel model_;
    std::mt19937_64 random_;
    int last_id_ = 0;
    int now_ = 0;
    std::map<int, std::unique_ptr<Task>> tasks_;
    std::map<int, Greenlet<void>> lookers_;
    std::vector<int> ran_;
    std::size_t checked_ = 0;
};

void run_programs(std::optional<std::ptrdiff_t> size) {
    static std::uint64_t repetition = 0;
    const std::uint64_t steps = setting("GROVE_MODEL_STEPS", 5'000);
    const std::uint64_t seed = setting("GROVE_MODEL_SEED", 1) + repetition++;
    Program{size, seed}.run(steps);
    std::cout << steps << " steps, seed " << seed << '\n';
}

// P-155, P-156, P-096 to P-100, P-159, P-160
FAKE_CLOCK_TEST(PoolModel, HoldsForSizeZero) { run_programs(0); }
FAKE_CLOCK_TEST(PoolModel, HoldsForSizeOne) { run_programs(1); }
FAKE_CLOCK_TEST(PoolModel, HoldsForSizeThree) { run_programs(3); }
FAKE_CLOCK_TEST(PoolModel, HoldsForSizeTen) { run_programs(10); }
FAKE_CLOCK_TEST(PoolModel, HoldsWithoutALimit) { run_programs(std::nullopt); }

}  // namespace
}  // namespace grove
