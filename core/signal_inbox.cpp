#include <grove/core/signal_inbox.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <string>
#include <system_error>

#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace grove {
namespace {

constexpr int kLastSignal = 64;
constexpr std::array kFaults{SIGSEGV, SIGBUS, SIGFPE, SIGILL};  // return, and it comes again

std::uint64_t bit_of(int number) noexcept { return std::uint64_t{1} << (number - 1); }

[[noreturn]] void refuse_signal(int error, int number) {
    throw std::system_error{error, std::generic_category(),
                            "cannot handle signal " + std::to_string(number)};
}

}  // namespace

/// Signals are the process's: so is what hands them out.
struct SignalInbox::Process {
    static void on_signal(int number) noexcept;
    [[nodiscard]] static bool install(int number) noexcept;
    static void restore(int number) noexcept;
    static void add(SignalInbox& inbox);
    static void remove(SignalInbox& inbox) noexcept;
    [[nodiscard]] static bool hears(int number) noexcept;
    static void begin(pid_t process) noexcept;

    static std::mutex mutex;  // for who changes what follows; held over a fork
    static std::array<struct sigaction, kLastSignal + 1> former;
    // The handler reads these, in any thread.
    static std::atomic<SignalInbox*> first;
    static std::atomic<int> handlers;  // that run now
    static std::atomic<pid_t> id;
};

std::mutex SignalInbox::Process::mutex;
std::array<struct sigaction, kLastSignal + 1> SignalInbox::Process::former{};
std::atomic<SignalInbox*> SignalInbox::Process::first = nullptr;
std::atomic<int> SignalInbox::Process::handlers = 0;
std::atomic<pid_t> SignalInbox::Process::id = 0;

void SignalInbox::Process::on_signal(int number) noexcept {
    const int error = errno;
    if (id == ::getpid()) {
        ++handlers;
        for (SignalInbox* inbox = first; inbox != nullptr; inbox = inbox->next_)
            inbox->receive(number);
        --handlers;
    } else {  // a child of vfork(), which must not touch what is its parent's
        ::sigaction(number, &former[static_cast<std::size_t>(number)], nullptr);
        ::raise(number);
    }
    errno = error;
}

bool SignalInbox::Process::install(int number) noexcept {
    struct sigaction action {};
    action.sa_handler = &on_signal;
    // Not on a greenlet's stack where the thread has another one.
    action.sa_flags = SA_RESTART | SA_ONSTACK;
    ::sigemptyset(&action.sa_mask);
    struct sigaction before {};
    if (::sigaction(number, &action, &before) != 0) return false;
    if (before.sa_handler != &on_signal) former[static_cast<std::size_t>(number)] = before;
    return true;
}

// Whoever has put another handler in the place of this one keeps it.
void SignalInbox::Process::restore(int number) noexcept {
    struct sigaction now {};
    if (::sigaction(number, nullptr, &now) == 0 && now.sa_handler == &on_signal)
        ::sigaction(number, &former[static_cast<std::size_t>(number)], nullptr);
}

void SignalInbox::Process::add(SignalInbox& inbox) {
    static const int failed = ::pthread_atfork([] { mutex.lock(); }, [] { mutex.unlock(); },
                                               [] {
                                                   begin(::getpid());
                                                   mutex.unlock();
                                               });
    if (failed != 0) throw std::system_error{failed, std::generic_category(), "pthread_atfork"};
    const std::lock_guard lock{mutex};
    if (inbox.process_ != id) begin(inbox.process_);
    inbox.next_ = first.load();
    first = &inbox;
}

void SignalInbox::Process::remove(SignalInbox& inbox) noexcept {
    const std::lock_guard lock{mutex};
    if (inbox.process_ != id) return;  // of the process that has forked this one
    std::atomic<SignalInbox*>* place = &first;
    while (*place != &inbox) place = &place->load()->next_;
    *place = inbox.next_.load();
    for (int number = 1; number <= kLastSignal; ++number) {
        if ((inbox.numbers_ & bit_of(number)) != 0 && !hears(number)) restore(number);
    }
    // One that runs in another thread may have come upon this inbox before.
    while (handlers != 0) ::sched_yield();
}

bool SignalInbox::Process::hears(int number) noexcept {
    for (const SignalInbox* inbox = first; inbox != nullptr; inbox = inbox->next_) {
        if ((inbox->numbers_ & bit_of(number)) != 0) return true;
    }
    return false;
}

// What was forked starts without any.
void SignalInbox::Process::begin(pid_t process) noexcept {
    for (int number = 1; number <= kLastSignal; ++number) {
        if (hears(number)) restore(number);
    }
    first = nullptr;
    handlers = 0;  // of threads that are not here
    id = process;
}

SignalInbox::SignalInbox(std::initializer_list<int> numbers)
    : fd_{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)}, process_{::getpid()} {
    if (!fd_) throw std::system_error{errno, std::generic_category(), "eventfd"};
    Process::add(*this);
    try {
        for (const int number : numbers) add(number);
    } catch (...) {
        close();
        throw;
    }
}

SignalInbox::~SignalInbox() { close(); }

void SignalInbox::add(int number) {
    const bool is_fault = std::find(kFaults.begin(), kFaults.end(), number) != kFaults.end();
    if (number < 1 || number > kLastSignal || is_fault) refuse_signal(EINVAL, number);
    {
        const std::lock_guard lock{Process::mutex};
        numbers_ |= bit_of(number);  // first: none is lost
        if (!Process::install(number)) {
            numbers_ &= ~bit_of(number);
            refuse_signal(errno, number);
        }
    }
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, number);
    ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void SignalInbox::receive(int number) noexcept {
    if ((numbers_ & bit_of(number)) == 0) return;
    came_ |= bit_of(number);
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(fd_.get(), &one, sizeof one);
}

std::optional<int> SignalInbox::take() noexcept {
    if (came_ == 0) {  // what comes from here on makes it readable again
        std::uint64_t count = 0;
        [[maybe_unused]] const auto got = ::read(fd_.get(), &count, sizeof count);
    }
    const std::uint64_t came = came_;
    if (came == 0) return std::nullopt;
    const int number = std::countr_zero(came) + 1;
    came_ &= ~bit_of(number);
    return number;
}

void SignalInbox::close() noexcept {
    if (!fd_) return;
    Process::remove(*this);
    fd_.reset();
}

}  // namespace grove
