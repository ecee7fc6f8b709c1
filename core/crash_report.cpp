#include "crash_report.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include <grove/core/errors.h>
#include "hub_access.h"
#include "stack_pool.h"

namespace grove {
namespace {

constexpr std::size_t kSignalStackBytes = 65536;

std::terminate_handler former_terminate = nullptr;
struct sigaction former_segv {};

// One line in a buffer of fixed size: a signal handler may not allocate.
class Line {
public:
    Line& operator<<(const char* text) noexcept {
        const std::size_t length = std::min(std::strlen(text), sizeof text_ - length_);
        std::memcpy(text_ + length_, text, length);
        length_ += length;
        return *this;
    }
    Line& operator<<(std::size_t number) noexcept {
        char digits[24];
        char* first = digits + sizeof digits;
        *--first = '\0';
        do {
            *--first = static_cast<char>('0' + number % 10);
            number /= 10;
        } while (number != 0);
        return *this << first;
    }
    Line& operator<<(const detail::GreenletState& greenlet) noexcept {
        if (greenlet.name != nullptr) return *this << greenlet.name->c_str();
        return *this << "Greenlet-" << greenlet.id;
    }
    void write() const noexcept {
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text_, length_);
    }

private:
    char text_[512];
    std::size_t length_ = 0;
};

[[noreturn]] void terminate_naming_the_greenlet() {
    if (Hub* hub = HubAccess::existing()) {
        Line line;
        line << "grove: std::terminate() in greenlet " << HubAccess::current(*hub) << ": ";
        try {
            line << describe(std::current_exception()).c_str();
        } catch (const std::exception&) {
            line << "an exception that could not be described";
        }
        (line << "\n").write();
    }
    if (former_terminate != nullptr) former_terminate();
    std::abort();
}

void name_an_overflow(const void* address) noexcept {
    Hub* const hub = HubAccess::existing();
    if (hub == nullptr) return;
    const detail::GreenletState& greenlet = HubAccess::current(*hub);
    const Context* const context = greenlet.context;
    if (context == nullptr || !StackPool::in_guard(*context, address)) return;
    Line line;
    line << "grove: greenlet " << greenlet << " overflowed its stack of "
         << context->size_class->bytes << " bytes; SpawnOptions::stack_bytes sets the size\n";
    line.write();
}

void on_segv(int number, siginfo_t* info, void* machine) {
    name_an_overflow(info->si_addr);
    if ((former_segv.sa_flags & SA_SIGINFO) != 0) {
        former_segv.sa_sigaction(number, info, machine);
    } else if (former_segv.sa_handler != SIG_DFL && former_segv.sa_handler != SIG_IGN) {
        former_segv.sa_handler(number);
    } else {
        ::signal(SIGSEGV, SIG_DFL);               // the access is tried again, and ends the process
        if (info->si_code <= 0) ::raise(number);  // there was none: somebody sent the signal
    }
}

}  // namespace

void install_crash_reports() noexcept {
    static std::once_flag once;
    std::call_once(once, [] {
        former_terminate = std::set_terminate(&terminate_naming_the_greenlet);
        struct sigaction action {};
        action.sa_sigaction = &on_segv;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
        ::sigemptyset(&action.sa_mask);
        ::sigaction(SIGSEGV, &action, &former_segv);
    });
}

SignalStack::SignalStack() noexcept {
    stack_t stack{};
    if (::sigaltstack(nullptr, &stack) != 0 || (stack.ss_flags & SS_DISABLE) == 0) return;
    memory_ = ::mmap(nullptr, kSignalStackBytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (memory_ == MAP_FAILED) {
        memory_ = nullptr;
        return;
    }
    stack.ss_sp = memory_;
    stack.ss_size = kSignalStackBytes;
    stack.ss_flags = 0;
    ::sigaltstack(&stack, nullptr);
}

SignalStack::~SignalStack() {
    if (memory_ == nullptr) return;
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    ::sigaltstack(&none, nullptr);
    ::munmap(memory_, kSignalStackBytes);
}

}  // namespace grove
