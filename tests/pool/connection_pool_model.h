// connection_pool_model.h - what a ConnectionPool must look like after each step, said as simply as
// possible.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace grove::test {

/// Connections and callers are numbers; time is in milliseconds.
class ConnectionPoolModel {
public:
    struct Bounds {
        std::size_t size;
        std::optional<int> idle, lifetime;
    };
    explicit ConnectionPoolModel(Bounds bounds) : bounds_{bounds} {}

    [[nodiscard]] std::size_t idle() const { return idle_.size(); }
    [[nodiscard]] std::size_t in_use() const { return in_use_; }
    [[nodiscard]] const std::vector<int>& closed() const { return closed_; }
    /// Each caller that has a connection, and which.
    [[nodiscard]] const std::map<int, int>& lent() const { return lent_; }
    [[nodiscard]] std::vector<int> line() const {
        std::vector<int> callers;
        for (const Waiting& waiting : line_) callers.push_back(waiting.caller);
        return callers;
    }

    void spoil(int connection) { unusable_.insert(connection); }
    void fail_next_open() { fails_ = true; }
    void time_is(int now) {
        now_ = now;
        std::erase_if(line_, [&](const Waiting& w) { return w.deadline && *w.deadline <= now; });
    }

    void arrive(int caller, std::optional<int> deadline) {
        if (!line_.empty() || in_use_ == bounds_.size) {
            line_.push_back({caller, deadline});
            return;
        }
        ++in_use_;
        serve(caller);
    }
    void give_up(int caller) {
        std::erase_if(line_, [&](const Waiting& waiting) { return waiting.caller == caller; });
    }
    void keep(int caller) {
        const int connection = lent_.extract(caller).mapped();
        if (passed(born_[connection], bounds_.lifetime)) {
            close(connection);
            next();
        } else if (!line_.empty()) {
            lent_[line_.front().caller] = connection;
            line_.pop_front();
        } else {
            idle_.push_back({connection, now_});
            --in_use_;
        }
        while (!idle_.empty() && too_old(idle_.front())) {
            close(idle_.front().connection);
            idle_.pop_front();
        }
    }
    void drop(int caller) {
        close(lent_.extract(caller).mapped());
        next();
    }

private:
    struct Waiting {
        int caller;
        std::optional<int> deadline;
    };
    struct Idle {
        int connection, since;
    };

    [[nodiscard]] bool passed(int since, std::optional<int> bound) const {
        return bound && since + *bound <= now_;
    }
    [[nodiscard]] bool too_old(const Idle& idle) const {
        return passed(idle.since, bounds_.idle) ||
               passed(born_.at(idle.connection), bounds_.lifetime);
    }
    void close(int connection) { closed_.push_back(connection); }
    // A permit is free: the head of the line has it.
    void next() {
        if (line_.empty()) {
            --in_use_;
            return;
        }
        const int caller = line_.front().caller;
        line_.pop_front();
        serve(caller);
    }
    void serve(int caller) {
        while (!idle_.empty()) {
            const Idle last = idle_.back();
            idle_.pop_back();
            if (!too_old(last) && !unusable_.contains(last.connection)) {
                lent_[caller] = last.connection;
                return;
            }
            close(last.connection);
        }
        if (std::exchange(fails_, false)) return next();
        born_[++opened_] = now_;
        lent_[caller] = opened_;
    }

    Bounds bounds_;
    std::size_t in_use_ = 0;
    int now_ = 0;
    int opened_ = 0;
    bool fails_ = false;
    std::map<int, int> lent_;
    std::map<int, int> born_;
    std::set<int> unusable_;
    std::deque<Waiting> line_;
    std::deque<Idle> idle_;
    std::vector<int> closed_;
};

}  // namespace grove::test
