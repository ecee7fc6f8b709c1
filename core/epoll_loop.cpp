#include "epoll_loop.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

namespace grove {
namespace {

constexpr std::uint32_t kReadEvents = EPOLLIN | EPOLLRDHUP | EPOLLET;

std::uint32_t translate(std::uint32_t epoll_events) noexcept {
    std::uint32_t events = 0;
    if ((epoll_events & EPOLLIN) != 0) events |= FdWatch::kReadable;
    if ((epoll_events & EPOLLOUT) != 0) events |= FdWatch::kWritable;
    if ((epoll_events & EPOLLRDHUP) != 0) events |= FdWatch::kReadable | FdWatch::kPeerFinished;
    if ((epoll_events & (EPOLLHUP | EPOLLERR)) != 0) {
        events |=
            FdWatch::kReadable | FdWatch::kWritable | FdWatch::kPeerFinished | FdWatch::kBroken;
    }
    return events;
}

Timer::Instant read_clock(clockid_t clock) noexcept {
    timespec time{};
    ::clock_gettime(clock, &time);
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

FileDescriptor checked(int fd, const char* call) {
    if (fd < 0) throw std::system_error{errno, std::generic_category(), call};
    return FileDescriptor{fd};
}

}  // namespace

Loop::~Loop() = default;

std::unique_ptr<Loop> make_system_loop() { return std::make_unique<EpollLoop>(); }

EpollLoop::EpollLoop()
    : epoll_{checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")},
      wakeup_{checked(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")} {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.ptr = nullptr;  // the wake-up has no watch
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wakeup_.get(), &event) != 0) {
        throw std::system_error{errno, std::generic_category(), "epoll_ctl"};
    }
}

Timer::Instant EpollLoop::now() noexcept { return read_clock(CLOCK_MONOTONIC); }
Timer::Instant EpollLoop::tick() noexcept { return read_clock(CLOCK_MONOTONIC_COARSE); }

void EpollLoop::add(int fd, FdWatch& watch) {
    epoll_event event{};
    event.events = kReadEvents;
    event.data.ptr = &watch;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
        throw std::system_error{errno, std::generic_category(),
                                "epoll_ctl of descriptor " + std::to_string(fd)};
    }
}

void EpollLoop::want_writable(int fd, FdWatch& watch) noexcept {
    epoll_event event{};
    event.events = kReadEvents | EPOLLOUT;
    event.data.ptr = &watch;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void EpollLoop::forget(int fd, FdWatch& watch) noexcept {
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
    for (int i = dispatching_; i < fetched_; ++i) {
        epoll_event& event = events_[static_cast<std::size_t>(i)];
        if (event.data.ptr == &watch) event.data.ptr = nullptr;
    }
}

std::size_t EpollLoop::poll(Timespan timeout) {
    int milliseconds = -1;
    if (timeout) {
        // Rounded up: waking early would only poll again.
        const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(*timeout).count();
        milliseconds = static_cast<int>(std::clamp<std::int64_t>(rounded, 0, 24 * 3600 * 1000));
    }
    const int count =
        ::epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), milliseconds);
    if (count <= 0) return 0;
    dispatch(count);
    return static_cast<std::size_t>(count);
}

void EpollLoop::dispatch(int count) noexcept {
    fetched_ = count;
    for (dispatching_ = 0; dispatching_ < fetched_;) {
        const epoll_event event = events_[static_cast<std::size_t>(dispatching_++)];
        if (event.data.ptr != nullptr)
            static_cast<FdWatch*>(event.data.ptr)->on_events(translate(event.events));
    }
    dispatching_ = fetched_ = 0;
}

void EpollLoop::wake() noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wakeup_.get(), &one, sizeof one);
}

}  // namespace grove
