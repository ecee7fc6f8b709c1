#include <grove/core/fd_wait.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>

#include <grove/core/detail/assert.h>
#include <grove/core/detail/waiter.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>

#include "thread_check.h"

namespace grove {
namespace {

constexpr const char* kSubject = "a descriptor";

bool has(Ready ready, Ready one) noexcept { return (ready & one) != Ready::kNone; }

[[noreturn]] void refuse_wait(int error, const char* call) {
    throw std::system_error{error, std::generic_category(), call};
}

// Never waits.
Ready look(int fd, Ready interest) {
    if (interest == Ready::kNone)
        throw std::invalid_argument{"a wait needs an interest other than Ready::kNone"};
    pollfd now{fd, 0, 0};
    if (has(interest, Ready::kRead)) now.events |= POLLIN;
    if (has(interest, Ready::kWrite)) now.events |= POLLOUT;
    int count = 0;
    do {
        count = ::poll(&now, 1, 0);
    } while (count < 0 &&
             errno == EINTR);  // a signal ends it before its time, also if that is none
    if (count < 0) refuse_wait(errno, "poll");
    if (fd < 0 || (now.revents & POLLNVAL) != 0) refuse_wait(EBADF, "wait for a closed descriptor");
    if ((now.revents & (POLLHUP | POLLERR)) != 0) return interest;
    Ready ready = Ready::kNone;
    if ((now.revents & POLLIN) != 0) ready = ready | Ready::kRead;
    if ((now.revents & POLLOUT) != 0) ready = ready | Ready::kWrite;
    return ready;
}

}  // namespace

// One event is enough: whoever else was told of it may have been faster.
bool FdWaiter::wait_for(int fd, Ready interest, Timespan timeout) {
    if (look(fd, interest) != Ready::kNone) return true;
    if (!timeout || *timeout > Duration::zero()) return FdWaiter{fd}.block(interest, timeout);
    sleep();  // a wait of no time gives those their turn that are ready
    return look(fd, interest) != Ready::kNone;
}

bool wait_readable(int fd, Timespan timeout) {
    return FdWaiter::wait_for(fd, Ready::kRead, timeout);
}
bool wait_writable(int fd, Timespan timeout) {
    return FdWaiter::wait_for(fd, Ready::kWrite, timeout);
}

Ready wait_fd(int fd, Ready interest, Timespan timeout) {
    return FdWaiter{fd}.wait(interest, timeout);
}

/// The running greenlet's claim to the interests that it waits for.
struct FdWaiter::Waiting {
    Waiting(FdWaiter& of, Ready interest) : owner{of} {
        const bool reads = has(interest, Ready::kRead);
        const bool writes = has(interest, Ready::kWrite);
        if ((reads && owner.reader_ != nullptr) || (writes && owner.writer_ != nullptr)) {
            throw std::logic_error{
                "another greenlet already waits for this interest of the FdWaiter"};
        }
        if (reads) owner.reader_ = &waiter;
        if (writes) owner.writer_ = &waiter;
        ++owner.waiting_;
        owner.hub_.keep();
    }
    ~Waiting() {  // after forget() the places may be another's
        if (owner.reader_ == &waiter) owner.reader_ = nullptr;
        if (owner.writer_ == &waiter) owner.writer_ = nullptr;
        --owner.waiting_;
        owner.hub_.unkeep();
    }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

    FdWaiter& owner;
    Waiter waiter{WaitNode::Kind::kLooker, kSubject};
};

FdWaiter::FdWaiter(int fd) : hub_{get_hub()}, fd_{fd} {}

FdWaiter::~FdWaiter() {
    GROVE_ASSERT(waiting_ == 0, "an FdWaiter was destroyed under its waiters");
    unwatch();
}

Ready FdWaiter::wait(Ready interest, Timespan timeout) {
    check_thread(hub_, "FdWaiter::wait()");
    // Looked at first: the loop tells of changes, and nothing may have changed.
    Ready ready = look(fd_, interest);
    if (ready != Ready::kNone || (timeout && *timeout <= Duration::zero())) return ready;
    const Deadline deadline{timeout};
    const std::uint64_t forgotten = forgotten_;
    while (ready == Ready::kNone && block(interest, deadline.left())) {
        // Also one that an event had woken before: the number may be another file's by now.
        if (forgotten != forgotten_)
            refuse_wait(EBADF, "the descriptor was forgotten by another greenlet");
        ready = look(fd_, interest);  // another may have taken what the event told of
    }
    return ready;
}

Ready FdWaiter::wait_answer(Ready interest, Timespan timeout) {
    if (std::exchange(missed_, false) || finished_ || (timeout && *timeout <= Duration::zero()))
        return wait(interest, timeout);
    check_thread(hub_, "FdWaiter::wait_answer()");
    const std::uint64_t forgotten = forgotten_;
    if (!block(interest, timeout)) return Ready::kNone;
    if (forgotten != forgotten_)
        refuse_wait(EBADF, "the descriptor was forgotten by another greenlet");
    return interest;
}

// False: the time passed.
bool FdWaiter::block(Ready interest, Timespan timeout) {
    Waiting waiting{*this, interest};
    watch(interest);
    return waiting.waiter.block(timeout);
}

void FdWaiter::watch(Ready interest) {
    if (!watched_) {
        // A duplicate: the loop takes a descriptor once, and a Socket or another waiter may watch this one.
        FileDescriptor duplicate{::fcntl(fd_, F_DUPFD_CLOEXEC, 0)};
        if (!duplicate) refuse_wait(errno, "dup");
        hub_.loop().add(duplicate.get(), *this);
        watched_ = std::move(duplicate);
    }
    if (!has(interest, Ready::kWrite) || std::exchange(watches_writable_, true)) return;
    hub_.loop().want_writable(watched_.get(), *this);
}

void FdWaiter::unwatch() noexcept {
    if (!watched_) return;
    hub_.loop().forget(watched_.get(), *this);
    watched_.reset();
    watches_writable_ = missed_ = finished_ = false;
}

void FdWaiter::forget() {
    check_thread(hub_, "FdWaiter::forget()");
    unwatch();
    ++forgotten_;
    // Their places are free from now on, not once they have run.
    for (Waiter* waiter : {std::exchange(reader_, nullptr), std::exchange(writer_, nullptr)}) {
        if (waiter != nullptr) waiter->wake();
    }
}

void FdWaiter::on_events(std::uint32_t events) noexcept {
    if ((events & kPeerFinished) != 0) finished_ = true;
    if (reader_ == nullptr && (events & kReadable) != 0) missed_ = true;
    if (reader_ != nullptr && (events & (kReadable | kBroken)) != 0) reader_->wake();
    if (writer_ != nullptr && (events & (kWritable | kBroken)) != 0) writer_->wake();
}

}  // namespace grove
