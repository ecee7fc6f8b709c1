// spare_memory.h - what pools keep for those to come, and how it goes back when nobody comes.
//
// A burst leaves thousands of stacks and blocks behind. What lay unused for a second is not needed
// soon: half of it goes back each second, so that 15 s later nearly nothing of a burst is left,
// and a steady load keeps what it uses.
#pragma once

#include <cstddef>

#include <grove/core/detail/export.h>
#include <grove/core/detail/timer.h>

namespace grove {

class SpareKeeper;

/// Free things of one kind, which a pool keeps. Thread: one hub's.
class GROVE_EXPORT SpareMemory {
public:
    /// @param always_kept  so many are never given back
    explicit SpareMemory(std::size_t always_kept) noexcept : always_kept_{always_kept} {}
    SpareMemory(const SpareMemory&) = delete;
    SpareMemory& operator=(const SpareMemory&) = delete;

    /// How many are kept for the next user.
    [[nodiscard]] std::size_t spare_count() const noexcept { return count_; }

protected:
    virtual ~SpareMemory();

    /// One more is free.
    void put() noexcept {
        if (++count_ > always_kept_) want();
    }
    /// One is in use again. @pre one was free
    void taken() noexcept {
        if (--count_ < fewest_) fewest_ = count_;
    }
    /// The pool was full, and so many bytes went to the heap: they count for when it is trimmed.
    void passed_on(std::size_t bytes) noexcept;

    /// Frees one of them, and says how many bytes that were. Called in the hub's own flow.
    virtual std::size_t let_one_go() noexcept = 0;

private:
    friend class SpareKeeper;

    void want() noexcept;
    bool join() noexcept;
    void note_idle() noexcept;

    std::size_t always_kept_;
    std::size_t count_ = 0;
    std::size_t fewest_ = 0;  // that were free at once since the last look
    std::size_t idle_ = 0;    // to be given back
    SpareKeeper* keeper_ = nullptr;
    SpareMemory* next_ = nullptr;  // in the keeper's list
};

/// Gives back what the pools of one hub do not need: in slices, when no greenlet is ready.
class GROVE_EXPORT SpareKeeper {
public:
    static constexpr std::size_t kSlice = 256;  ///< Things a turn.

    SpareKeeper() = default;
    ~SpareKeeper();
    SpareKeeper(const SpareKeeper&) = delete;
    SpareKeeper& operator=(const SpareKeeper&) = delete;

    /// There may be something to give back. False: turn() need not be called.
    [[nodiscard]] bool wanted() const noexcept { return wanted_; }
    /// Gives a slice of what is due. For moments when there is nothing else to do.
    /// @pre the running flow is on no free stack
    void turn(Timer::Instant now) noexcept;
    /// When turn() has something to do next. @pre wanted()
    [[nodiscard]] Timer::Instant next_turn() const noexcept { return next_turn_; }

private:
    friend class SpareMemory;

    [[nodiscard]] bool give_slice() noexcept;
    void rest(Timer::Instant now) noexcept;

    SpareMemory* first_ = nullptr;
    bool wanted_ = false;
    bool giving_ = false;
    Timer::Instant next_turn_{};   // zero: at once, as it was not wanted before
    std::size_t freed_bytes_ = 0;  // since the heap was trimmed
};

}  // namespace grove
