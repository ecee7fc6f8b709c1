#include <grove/core/fd_wait.h>

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <poll.h>

#include <grove/core/file_descriptor.h>
#include <grove/core/hub.h>
#include <grove/core/loop.h>
#include <grove/core/waiter.h>

namespace grove {
namespace {

class OneWait final : public FdWatch {
public:
    OneWait(Hub& hub, int fd, std::uint32_t wanted)
        : hub_{hub},
          fd_{fd},
          wanted_{wanted | kBroken},
          waiter_{WaitNode::Kind::kLooker, kSubject} {
        watch();
        hub_.keep();
        if ((wanted & kWritable) != 0) hub_.loop().want_writable(fd_, *this);
    }
    ~OneWait() {
        hub_.unkeep();
        hub_.loop().forget(fd_, *this);
    }

    bool block(Timespan timeout) { return waiter_.block(timeout); }
    void on_events(std::uint32_t events) noexcept override {
        if ((events & wanted_) != 0) waiter_.wake();
    }

private:
    static constexpr const char* kSubject = "a descriptor";

    // The loop takes a descriptor once. One that a Socket or another greenlet watches already is
    // watched through a duplicate.
    void watch() {
        try {
            hub_.loop().add(fd_, *this);
        } catch (const std::system_error& error) {
            if (error.code().value() != EEXIST) throw;
            duplicate_.reset(::fcntl(fd_, F_DUPFD_CLOEXEC, 0));
            if (!duplicate_) throw std::system_error{errno, std::generic_category(), "dup"};
            fd_ = duplicate_.get();
            hub_.loop().add(fd_, *this);
        }
    }

    Hub& hub_;
    int fd_;
    std::uint32_t wanted_;
    FileDescriptor duplicate_;
    Waiter waiter_;
};

bool wait_for(int fd, std::uint32_t wanted, Timespan timeout) {
    // Looked at first: a wait of no time must see what is there.
    pollfd now{fd, static_cast<short>(wanted == FdWatch::kReadable ? POLLIN : POLLOUT), 0};
    if (::poll(&now, 1, 0) < 0) throw std::system_error{errno, std::generic_category(), "poll"};
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
