// ready_list.h - the entries that run next, first in, first out.
#pragma once

#include <cstdint>

#include <grove/core/detail/export.h>

namespace grove::detail {

/// Something that waits for its turn: a greenlet (run == nullptr), or a call to be made in the hub.
struct ReadyEntry {
    using Run = void (*)(ReadyEntry&);

    explicit ReadyEntry(Run call = nullptr) noexcept : run{call} {}
    ReadyEntry(const ReadyEntry&) = delete;
    ReadyEntry& operator=(const ReadyEntry&) = delete;

    [[nodiscard]] bool queued() const noexcept { return turn != 0; }

    Run run;
    ReadyEntry* prev = nullptr;
    ReadyEntry* next = nullptr;
    std::uint64_t turn =
        0;  // its place in the order of all entries ever queued, from 1; 0: not queued
};

class ReadyList {
public:
    [[nodiscard]] ReadyEntry* front() const noexcept { return first_; }
    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }

    /// The turn of the entry queued last.
    [[nodiscard]] std::uint64_t last_turn() const noexcept { return last_turn_; }
    /// Every entry up to `turn` has been taken off.
    [[nodiscard]] bool served(std::uint64_t turn) const noexcept {
        return first_ == nullptr || first_->turn > turn;
    }

    /// @pre not queued
    void push_back(ReadyEntry& entry) noexcept {
        entry.turn = ++last_turn_;
        entry.prev = last_;
        entry.next = nullptr;
        (last_ != nullptr ? last_->next : first_) = &entry;
        last_ = &entry;
    }
    /// @pre queued
    void remove(ReadyEntry& entry) noexcept {
        (entry.prev != nullptr ? entry.prev->next : first_) = entry.next;
        (entry.next != nullptr ? entry.next->prev : last_) = entry.prev;
        entry.turn = 0;
    }

private:
    ReadyEntry* first_ = nullptr;
    ReadyEntry* last_ = nullptr;
    std::uint64_t last_turn_ = 0;
};

}  // namespace grove::detail
