// fake_clock.h - a loop whose time passes only when its hub would sleep, or when a test says so.
//
// A hub that has nothing to do until a timer is due finds itself there at once: waits take no real
// time and end exactly on time. Descriptors are real; they are looked at before time moves.
#pragma once

#include <cstddef>
#include <memory>

#include <grove/core/detail/loop.h>

namespace grove::test {

class FakeClock final : public Loop {
public:
    FakeClock();
    ~FakeClock() override;

    [[nodiscard]] std::string_view name() const noexcept override { return "fake clock"; }
    [[nodiscard]] Timer::Instant now() noexcept override { return now_; }
    [[nodiscard]] Timer::Instant tick() noexcept override { return now_ - lag_; }
    void add(int fd, FdWatch& watch) override {
        system_->add(fd, watch);
        ++added_;
    }
    void tell_at_each_poll(int fd, FdWatch& watch, bool wanted) noexcept override {
        system_->tell_at_each_poll(fd, watch, wanted);
    }
    void want_writable(int fd, FdWatch& watch) noexcept override {
        system_->want_writable(fd, watch);
    }
    void forget(int fd, FdWatch& watch) noexcept override { system_->forget(fd, watch); }
    void forget_closing(int fd, FdWatch& watch) noexcept override {
        system_->forget_closing(fd, watch);
    }
    std::size_t poll(Timespan timeout) override;
    void wake() noexcept override { system_->wake(); }

    void advance(Duration duration) noexcept { now_ += duration; }
    void let_tick_lag(Duration lag) noexcept { lag_ = lag; }
    [[nodiscard]] std::size_t added() const noexcept { return added_; }

private:
    std::unique_ptr<Loop> system_;
    Timer::Instant now_{std::chrono::hours{1}};
    Duration lag_{};
    std::size_t added_ = 0;
};

/// In a FAKE_CLOCK_TEST: the time now, and a computation that takes `duration` without blocking.
[[nodiscard]] Timer::Instant now();
void compute(Duration duration);
/// Likewise: from here on the tick, which is read for less than the clock, is so much behind it.
void let_tick_lag(Duration lag);
/// Likewise: how many descriptors the loop was given so far.
[[nodiscard]] std::size_t descriptors_added();

}  // namespace grove::test
