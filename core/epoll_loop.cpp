#include "epoll_loop.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <system_error>

#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <grove/core/detail/assert.h>

namespace grove {
namespace {

constexpr unsigned kDescriptorBits = 32;  // of an event's data; above them the generation
constexpr std::uint64_t kDescriptorMask = 0xffffffff;
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

FileDescriptor checked(int fd, const char* call) {
    if (fd < 0) throw std::system_error{errno, std::generic_category(), call};
    return FileDescriptor{fd};
}

}  // namespace

EpollLoop::EpollLoop()
    : epoll_{checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")},
      wakeup_{checked(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")} {
    make_place(wakeup_.get());  // without a watch: poll() ends, and that is all
    if (!control(EPOLL_CTL_ADD, wakeup_.get(), EPOLLIN | EPOLLET))
        throw std::system_error{errno, std::generic_category(), "epoll_ctl"};
}

Timer::Instant EpollLoop::now() noexcept { return read(CLOCK_MONOTONIC); }
Timer::Instant EpollLoop::tick() noexcept { return read(CLOCK_MONOTONIC_COARSE); }

Timer::Instant EpollLoop::read(clockid_t clock) noexcept {
    ::clock_gettime(clock, &clock_);
    return std::chrono::seconds{clock_.tv_sec} + std::chrono::nanoseconds{clock_.tv_nsec};
}

void EpollLoop::make_place(int fd) {
    const auto needed = static_cast<std::size_t>(fd) + 1;
    if (places_.size() < needed) places_.resize(needed);
}

bool EpollLoop::control(int operation, int fd, std::uint32_t events) noexcept {
    epoll_event event{};
    event.events = events;
    event.data.u64 =
        std::uint64_t{place(fd).generation} << kDescriptorBits | static_cast<std::uint32_t>(fd);
    return ::epoll_ctl(epoll_.get(), operation, fd, &event) == 0;
}

void EpollLoop::add(int fd, FdWatch& watch) {
    make_place(fd);
    if (!control(EPOLL_CTL_ADD, fd, kReadEvents)) {
        throw std::system_error{errno, std::generic_category(),
                                "epoll_ctl of descriptor " + std::to_string(fd)};
    }
    place(fd).watch = &watch;
}

void EpollLoop::tell_at_each_poll(int fd, FdWatch&, bool wanted) noexcept {
    // Unwanted, it is still told of an error: of a change, not again and again.
    static_cast<void>(control(EPOLL_CTL_MOD, fd, wanted ? EPOLLIN : EPOLLET));
}

void EpollLoop::want_writable(int fd, FdWatch&) noexcept {
    static_cast<void>(control(EPOLL_CTL_MOD, fd, kReadEvents | EPOLLOUT));
}

void EpollLoop::forget(int fd, FdWatch& watch) noexcept {
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
    forget_closing(fd, watch);
}

void EpollLoop::forget_closing(int fd, FdWatch& watch) noexcept {
    GROVE_ASSERT(place(fd).watch == &watch, "a descriptor was forgotten that another watches");
    place(fd).watch = nullptr;
    ++place(fd).generation;
}

std::size_t EpollLoop::poll(Timespan timeout) {
    int milliseconds = -1;
    if (timeout) {
        // Rounded up: waking early would only poll again.
        const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(*timeout).count();
        milliseconds = static_cast<int>(std::clamp<std::int64_t>(rounded, 0, 24 * 3600 * 1000));
    }
    rests();
    const int count =
        ::epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), milliseconds);
    goes_on(tick());
    for (int i = 0; i < count; ++i) dispatch(events_[static_cast<std::size_t>(i)]);
    return static_cast<std::size_t>(std::max(count, 0));
}

void EpollLoop::dispatch(const epoll_event& event) noexcept {
    const Place& told = place(static_cast<int>(event.data.u64 & kDescriptorMask));
    if (told.watch == nullptr || told.generation != event.data.u64 >> kDescriptorBits) return;
    told.watch->on_events(translate(event.events));
}

void EpollLoop::wake() noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wakeup_.get(), &one, sizeof one);
}

std::unique_ptr<Loop> make_system_loop() { return std::make_unique<EpollLoop>(); }

}  // namespace grove
