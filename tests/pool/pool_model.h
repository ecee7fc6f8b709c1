// pool_model.h - what a pool must look like after each step, said as simply as possible.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>
#include <set>
#include <vector>

namespace grove::test {

/// Slots, members and one line. Tasks and those who wait are numbers.
class PoolModel {
public:
    explicit PoolModel(std::size_t slots) : counter_{slots} {}

    struct Waiter {
        int id;
        bool takes;  // a slot, rather than only look
        std::optional<int> deadline{};
    };

    [[nodiscard]] std::size_t size() const { return members_.size(); }
    [[nodiscard]] std::size_t free_count() const { return line_.empty() ? counter_ : 0; }
    [[nodiscard]] std::size_t on_their_way() const { return on_their_way_.size(); }
    [[nodiscard]] std::size_t waiting() const { return line_.size(); }
    [[nodiscard]] bool contains(int id) const { return members_.contains(id); }
    [[nodiscard]] bool waits(int id) const { return place(id) != line_.end(); }
    [[nodiscard]] const std::deque<Waiter>& line() const { return line_; }
    [[nodiscard]] const std::set<int>& members() const { return members_; }
    /// Who was given a slot, in that order.
    [[nodiscard]] const std::vector<int>& served() const { return served_; }

    /// @return false: it waits now
    bool arrive(Waiter waiter) {
        if (free_count() == 0) {
            line_.push_back(waiter);
            return false;
        }
        if (waiter.takes) take(waiter.id);
        return true;
    }
    bool try_take(int id) {
        if (free_count() == 0) return false;
        take(id);
        return true;
    }
    /// A member ends or is discarded: its slot goes to the head of the line if that takes one.
    void leave(int id) {
        if (members_.erase(id) == 0) return;
        if (!line_.empty() && line_.front().takes) {
            on_their_way_.push_back(line_.front().id);
            line_.pop_front();
        } else {
            ++counter_;
        }
    }
    void give_up(int id) { line_.erase(place(id)); }
    /// The hub has had its turns: those who only look have been told, and the rest is given away.
    void settle() {
        for (const int id : on_their_way_) enter(id);
        on_their_way_.clear();
        while (counter_ > 0 && !line_.empty()) {
            const Waiter head = line_.front();
            line_.pop_front();
            if (head.takes) take(head.id);
        }
    }
    void time_is(int now) {
        std::erase_if(line_, [&](const Waiter& waiter) {
            return waiter.deadline && *waiter.deadline <= now;
        });
    }

private:
    [[nodiscard]] std::deque<Waiter>::const_iterator place(int id) const {
        return std::find_if(line_.begin(), line_.end(),
                            [id](const Waiter& waiter) { return waiter.id == id; });
    }
    void take(int id) {
        --counter_;
        enter(id);
    }
    void enter(int id) {
        members_.insert(id);
        served_.push_back(id);
    }

    std::size_t counter_;
    std::set<int> members_;
    std::vector<int> on_their_way_;  // they have a slot, and will be members at their turn
    std::deque<Waiter> line_;
    std::vector<int> served_;
};

}  // namespace grove::test
