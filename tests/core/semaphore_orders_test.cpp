// Every order in which greenlets can come to a Semaphore, be given a permit, be late, be killed and have their turns, up to
// a number of steps: what happens is what the model says, after each of them. So it holds for each Waiter that its reason
// is written once, by whoever came first.
//
// GROVE_MODEL_DEPTH is the number of steps.
#include <cstdlib>
#include <iostream>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <grove/core/greenlet.h>
#include <grove/core/semaphore.h>
#include <grove/core/shield.h>
#include <grove/core/timeout.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "semaphore_model.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using test::SemaphoreModel;
using End = SemaphoreModel::End;

struct Step {
    enum Kind { kCome, kKill, kRelease, kTurn, kLapse, kTime } kind;
    int who = 0;
};

std::string text_of(const std::vector<Step>& steps) {
    const std::vector<std::string> names{"plain", "timed", "guarded", "shielded", "looker"};
    const std::vector<std::string> kinds{"comes", "is killed", "release", "turn", "lapse", "time"};
    std::string text;
    for (const Step& step : steps) {
        if (step.kind <= Step::kKill) text += names.at(static_cast<std::size_t>(step.who)) + ' ';
        text += kinds.at(step.kind) + "; ";
    }
    return text;
}

void apply(SemaphoreModel& model, Step step) {
    switch (step.kind) {
        case Step::kCome:
            return model.come(step.who);
        case Step::kKill:
            return model.kill(step.who);
        case Step::kRelease:
            return model.release();
        case Step::kTurn:
            return model.turn();
        case Step::kLapse:
            return model.lapse();
        case Step::kTime:
            return model.time();
    }
}

/// The same of real greenlets.
class Reality {
public:
    ~Reality() {
        for (const auto& actor : actors_) {
            if (actor) actor->kill(GreenletExit{}, false);
        }
        while (semaphore_.waiting() > 0) semaphore_.release();  // the shielded one
        for (const auto& actor : actors_) {
            if (actor) actor->join();
        }
    }

    void apply(Step step) {
        switch (step.kind) {
            case Step::kCome:
                actors_.at(index(step.who)) = spawn([this, step] { act(step.who); });
                return;
            case Step::kKill:
                return actors_.at(index(step.who))->kill(GreenletExit{}, false);
            case Step::kRelease:
                return semaphore_.release();
            case Step::kTurn:
                return sleep(0s);
            case Step::kLapse:
                lapsed_ = true;
                return test::compute(kTick);
            case Step::kTime:
                if (!std::exchange(lapsed_, false)) test::compute(kTick);
                return sleep(1us);
        }
    }

    void expect(const SemaphoreModel& model) {
        EXPECT_EQ(semaphore_.counter(), model.counter());
        EXPECT_EQ(semaphore_.waiting(), model.waiting());
        EXPECT_EQ(served_, model.served());
        for (int id = 0; id < SemaphoreModel::kKinds; ++id) {
            const auto& actor = actors_.at(index(id));
            End end = ends_.at(index(id));
            if (actor && actor->dead() && end == End::kNone) end = End::kNeverRan;
            EXPECT_EQ(end, model.end(id)) << id;
        }
    }

private:
    static constexpr Duration kTick = 1ms;
    static std::size_t index(int id) { return static_cast<std::size_t>(id); }

    void act(int id) {
        End& end = ends_.at(index(id));
        try {
            const bool got = ask(id);
            if (got) served_.push_back(id);
            end = got ? End::kGot : End::kLate;
        } catch (const GreenletExit&) {
            end = End::kKilled;
            throw;
        }
        try {
            sleep(0s);
        } catch (const GreenletExit&) {
            end = end == End::kGot ? End::kGotThenKilled : End::kLateThenKilled;
            throw;
        }
    }

    bool ask(int id) {
        switch (id) {
            case SemaphoreModel::kTimed:
                return semaphore_.acquire(true, kTick);
            case SemaphoreModel::kGuarded: {
                bool got = false;
                try_for(2 * kTick, [&] { got = semaphore_.acquire(); });
                return got;
            }
            case SemaphoreModel::kShielded: {
                const Shield shield;
                return semaphore_.acquire();
            }
            case SemaphoreModel::kLooker:
                static_cast<void>(semaphore_.wait());
                return true;
            default:
                return semaphore_.acquire();
        }
    }

    bool lapsed_ = false;
    Semaphore semaphore_{0};
    std::vector<std::optional<AnyGreenlet>> actors_{SemaphoreModel::kKinds};
    std::vector<End> ends_ = std::vector<End>(SemaphoreModel::kKinds, End::kNone);
    std::vector<int> served_;
};

class EveryOrder {
public:
    explicit EveryOrder(std::size_t depth) : depth_{depth} {}

    void try_all() { go_on({}); }
    [[nodiscard]] std::size_t orders() const { return orders_; }
    [[nodiscard]] std::size_t states() const { return states_.size(); }

private:
    void go_on(const SemaphoreModel& model) {
        if (testing::Test::HasFailure()) return;
        states_.insert(model);
        ASSERT_FALSE(model.lost_a_wake()) << text_of(steps_);
        if (steps_.size() == depth_) return try_one();
        for (int id = 0; id < SemaphoreModel::kKinds; ++id) {
            if (model.may_come(id)) go_on_with({Step::kCome, id}, model);
            if (model.may_be_killed(id)) go_on_with({Step::kKill, id}, model);
        }
        if (model.counter() < 2) go_on_with({Step::kRelease}, model);
        // Once time has lapsed, the hub may look at its timers before all that is ready has run.
        if (!model.lapsed()) {
            go_on_with({Step::kTurn}, model);
            go_on_with({Step::kLapse}, model);
        }
        if (!model.notice_due()) go_on_with({Step::kTime}, model);
    }

    void go_on_with(Step step, SemaphoreModel model) {
        steps_.push_back(step);
        apply(model, step);
        go_on(model);
        steps_.pop_back();
    }

    void try_one() {
        ++orders_;
        SCOPED_TRACE(text_of(steps_));
        Reality reality;
        SemaphoreModel model;
        for (const Step& step : steps_) {
            reality.apply(step);
            apply(model, step);
            reality.expect(model);
        }
    }

    std::size_t depth_;
    std::size_t orders_ = 0;
    std::vector<Step> steps_;
    std::set<SemaphoreModel> states_;
};

std::size_t depth() {
    const char* text = std::getenv("GROVE_MODEL_DEPTH");  // NOLINT(concurrency-mt-unsafe)
    return text != nullptr ? std::strtoull(text, nullptr, 10) : 5;
}

TEST(SemaphoreOrders, AreAllAsTheModelSays) {  // P-039, P-077
    EveryOrder every{depth()};
    test::run_in_fresh_hub([&] { every.try_all(); },
                           {.fake_clock = true, .more_time = std::chrono::hours{1}});
    std::cout << every.orders() << " orders, " << every.states() << " states\n";
}

}  // namespace
}  // namespace grove
