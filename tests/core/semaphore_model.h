// semaphore_model.h - what a Semaphore and those at it must look like after each step, said as simply as possible.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <deque>
#include <ranges>
#include <vector>

namespace grove::test {

/// Greenlets that come once. Each asks the Semaphore for one thing, and then makes another blocking call.
class SemaphoreModel {
public:
    enum Kind : int { kPlain, kTimed, kGuarded, kShielded, kLooker, kKinds };
    enum class End : int {
        kNone,           // it has not come, or has not ended
        kNeverRan,       // it was killed first
        kGot,            // a permit, or for the looker: the news of one
        kLate,           // its timeout passed first
        kKilled,         // while it waited
        kGotThenKilled,  // the kill came after the wake: the next blocking call throws it
        kLateThenKilled,
    };

    [[nodiscard]] int counter() const { return counter_; }
    [[nodiscard]] std::size_t waiting() const { return line_.size(); }
    [[nodiscard]] End end(int id) const { return actors_.at(at(id)).end; }
    /// In which order they were served.
    [[nodiscard]] const std::vector<int>& served() const { return served_; }
    [[nodiscard]] bool may_come(int id) const { return actors_.at(at(id)).phase == Phase::kUnborn; }
    [[nodiscard]] bool may_be_killed(int id) const {
        const Actor& actor = actors_.at(at(id));
        return actor.phase != Phase::kUnborn && actor.phase != Phase::kEnded && !actor.killed;
    }

    void come(int id) {
        actors_.at(at(id)).phase = Phase::kStarting;
        ready_.push_back(id);
    }
    void release() {
        if (!line_.empty() && line_.front() != kLooker) {
            settle(line_.front(), End::kGot);
            return;
        }
        ++counter_;
        if (!line_.empty() && !notice_due()) ready_.push_back(kNotice);
    }
    void kill(int id) {
        Actor& actor = actors_.at(at(id));
        actor.killed = true;
        if (actor.phase == Phase::kStarting) {
            std::erase(ready_, id);
            actor.phase = Phase::kEnded;
            actor.end = End::kNeverRan;
        } else if (actor.phase == Phase::kWaiting && id != kShielded) {
            settle(id, End::kKilled);
        }
    }
    /// What is ready now has its turn.
    void turn() {
        for (std::size_t left = ready_.size(); left > 0; --left) run_next();
    }
    /// Time passes, and nobody has seen it yet.
    void lapse() { lapsed_ = true; }
    [[nodiscard]] bool lapsed() const { return lapsed_; }
    /// Time passes if it has not, whatever is ready runs, and whoever has waited too long.
    void time() {
        lapsed_ = false;
        const std::deque<int> waited = line_;
        while (!ready_.empty()) run_next();
        for (const int id : waited) {
            Actor& actor = actors_.at(at(id));
            if (actor.phase == Phase::kWaiting && actor.left > 0 && --actor.left == 0)
                settle(id, End::kLate);
        }
        while (!ready_.empty()) run_next();
    }
    /// Those in line will be told of a permit.
    [[nodiscard]] bool notice_due() const {
        return std::ranges::find(ready_, kNotice) != ready_.end();
    }
    /// Nobody waits for what is there, once all that is ready has run.
    [[nodiscard]] bool lost_a_wake() const {
        return ready_.empty() && counter_ > 0 && !line_.empty();
    }

    auto operator<=>(const SemaphoreModel&) const = default;

private:
    enum class Phase : int { kUnborn, kStarting, kWaiting, kSettled, kEnded };
    struct Actor {
        Phase phase = Phase::kUnborn;
        End end = End::kNone;
        End reason = End::kNone;
        int left = 0;  // until its timeout; 0: it has none
        bool killed = false;
        auto operator<=>(const Actor&) const = default;
    };
    static constexpr int kNotice = kKinds;
    static std::size_t at(int id) { return static_cast<std::size_t>(id); }

    void settle(int id, End reason) {
        Actor& actor = actors_.at(at(id));
        actor.phase = Phase::kSettled;
        actor.reason = reason;
        std::erase(line_, id);
        ready_.push_back(id);
    }
    void run_next() {
        const int id = ready_.front();
        ready_.pop_front();
        if (id == kNotice) return serve_line();
        Actor& actor = actors_.at(at(id));
        if (actor.phase == Phase::kStarting) return begin(id);
        end(id, actor.reason);
    }
    void begin(int id) {
        Actor& actor = actors_.at(at(id));
        if (counter_ > 0 && line_.empty()) {
            if (id != kLooker) --counter_;
            end(id, End::kGot);
            return;
        }
        actor.phase = Phase::kWaiting;
        actor.left = id == kTimed ? 1 : id == kGuarded ? 2 : 0;
        line_.push_back(id);
    }
    void serve_line() {
        while (counter_ > 0 && !line_.empty()) {
            const int head = line_.front();
            if (head != kLooker) --counter_;
            settle(head, End::kGot);
        }
    }
    void end(int id, End reason) {
        Actor& actor = actors_.at(at(id));
        actor.phase = Phase::kEnded;
        actor.end = reason;
        if (reason == End::kGot) served_.push_back(id);
        if (actor.killed && reason == End::kGot) actor.end = End::kGotThenKilled;
        if (actor.killed && reason == End::kLate) actor.end = End::kLateThenKilled;
    }

    int counter_ = 0;
    bool lapsed_ = false;
    std::array<Actor, kKinds> actors_{};
    std::deque<int> line_;
    std::deque<int> ready_;
    std::vector<int> served_;
};

}  // namespace grove::test
