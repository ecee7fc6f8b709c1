// epoll_loop.h - the Loop on epoll(7), woken through an eventfd: what make_system_loop() makes.
#pragma once

#include <array>
#include <cstdint>
#include <ctime>
#include <vector>

#include <sys/epoll.h>

#include <grove/core/detail/loop.h>
#include <grove/core/file_descriptor.h>

namespace grove {

class EpollLoop final : public Loop {
public:
    EpollLoop();  ///< @throws std::system_error

    [[nodiscard]] std::string_view name() const noexcept override { return "epoll"; }
    [[nodiscard]] Timer::Instant now() noexcept override;
    [[nodiscard]] Timer::Instant tick() noexcept override;
    void add(int fd, FdWatch& watch) override;
    void tell_at_each_poll(int fd, FdWatch& watch, bool wanted) noexcept override;
    void want_writable(int fd, FdWatch& watch) noexcept override;
    void forget(int fd, FdWatch& watch) noexcept override;
    void forget_closing(int fd, FdWatch& watch) noexcept override;
    std::size_t poll(Timespan timeout) override;
    void wake() noexcept override;

private:
    // Events name a descriptor and a generation, never a watch: what the kernel still tells of one
    // forgotten finds another generation, whatever has been done with the number since.
    struct Place {
        FdWatch* watch = nullptr;
        std::uint32_t generation = 0;
    };

    void make_place(int fd);
    [[nodiscard]] Place& place(int fd) noexcept { return places_[static_cast<std::size_t>(fd)]; }
    [[nodiscard]] bool control(int operation, int fd, std::uint32_t events) noexcept;
    void dispatch(const epoll_event& event) noexcept;
    Timer::Instant read(clockid_t clock) noexcept;

    timespec clock_{};  // as it was read last; on a stack it would have that guarded
    FileDescriptor epoll_;
    FileDescriptor wakeup_;
    // Not more: what is read of all of them is served before the next are fetched, and must still
    // be in the cache then (http_bench, served: of 1,000 at a time each takes 2.4 times one of 64).
    std::array<epoll_event, 64> events_{};
    std::vector<Place> places_;  // by descriptor
};

}  // namespace grove
