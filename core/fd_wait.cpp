#include <grove/core/fd_wait.h>

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <poll.h>

#include <grove/core/detail/loop.h>
#include <grove/core/detail/waiter.h>
#include <grove/core/file_descriptor.h>
#include <grove/core/hub.h>

namespace grove {
namespace {

class OneWait final : public FdWatch {
public:
    OneWait(Hub& hub, int fd, std::uint32_t wanted)
        : hub_{hub},
          fd_{::fcntl(fd, F_DUPFD_CLOEXEC, 0)},
          wanted_{wanted | kBroken},
          waiter_{WaitNode::Kind::kLooker, kSubject} {
        if (!fd_) throw std::system_error{errno, std::generic_category(), "dup"};
        hub_.loop().add(fd_.get(), *this);
        hub_.keep();
        if ((wanted & kWritable) != 0) hub_.loop().want_writable(fd_.get(), *this);
    }
    ~OneWait() {
        hub_.unkeep();
        hub_.loop().forget(fd_.get(), *this);
    }

    bool block(Timespan timeout) { return waiter_.block(timeout); }
    void on_events(std::uint32_t events) noexcept override {
        if ((events & wanted_) != 0) waiter_.wake();
    }

private:
    static constexpr const char* kSubject = "a descriptor";

    Hub& hub_;
    // A duplicate: the loop takes a descriptor once, and a Socket or another greenlet may watch this one.
    FileDescriptor fd_;
    std::uint32_t wanted_;
    Waiter waiter_;
};

bool wait_for(int fd, std::uint32_t wanted, Timespan timeout) {
    // Looked at first: a wait of no time must see what is there.
    pollfd now{fd, static_cast<short>(wanted == FdWatch::kReadable ? POLLIN : POLLOUT), 0};
    int ready = 0;
    do {
        ready = ::poll(&now, 1, 0);
    } while (ready < 0 &&
             errno == EINTR);  // a signal ends it before its time, also if that is none
    if (ready < 0) throw std::system_error{errno, std::generic_category(), "poll"};
    if (fd < 0 || (now.revents & POLLNVAL) != 0)
        throw std::system_error{EBADF, std::generic_category(), "wait for a closed descriptor"};
    if (now.revents != 0) return true;
    OneWait wait{get_hub(), fd, wanted};
    return wait.block(timeout);
}

}  // namespace

bool wait_readable(int fd, Timespan timeout) { return wait_for(fd, FdWatch::kReadable, timeout); }
bool wait_writable(int fd, Timespan timeout) { return wait_for(fd, FdWatch::kWritable, timeout); }

}  // namespace grove
