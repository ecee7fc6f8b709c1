#include "crash_report.h"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <span>
#include <string_view>

#include <sys/mman.h>

#include <grove/core/detail/stack_overflow.h>
#include <grove/core/detail/standard_error.h>
#include <grove/core/errors.h>

#include "hub_access.h"
#include "stack_pool.h"

namespace grove {
namespace {

constexpr std::size_t kSignalStackBytes = 65536;
constexpr std::size_t kMostBytes = 512;  // of a line
constexpr std::size_t kLongestName = 100;
constexpr int kTimeToWrite = 100;  // milliseconds, for standard error

std::terminate_handler former_terminate = nullptr;
struct sigaction former_segv {};

constinit std::atomic<const char*> stack_advice = "SpawnOptions::stack_bytes sets the size";
static_assert(std::atomic<const char*>::is_always_lock_free);  // signal handlers read it

// A line in a buffer of fixed size: a signal handler may not allocate.
class Line {
public:
    explicit Line(std::span<char> buffer) noexcept : buffer_{buffer} {}
    Line& operator<<(const char* text) noexcept {
        for (; *text != '\0'; ++text) put(*text);
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
        if (greenlet.name == nullptr) return *this << "Greenlet-" << greenlet.id;
        for (const char byte : std::string_view{*greenlet.name}.substr(0, kLongestName))
            put(static_cast<unsigned char>(byte) < ' ' || byte == 0x7f ? '?' : byte);
        return *this;
    }
    [[nodiscard]] std::size_t length() const noexcept { return length_; }
    void write() const noexcept {
        write_to_standard_error({buffer_.data(), length_}, kTimeToWrite);
    }

private:
    void put(char byte) noexcept {
        if (length_ < buffer_.size()) buffer_[length_++] = byte;
    }

    std::span<char> buffer_;
    std::size_t length_ = 0;
};

[[noreturn]] void terminate_naming_the_greenlet() {
    if (Hub* hub = HubAccess::existing()) {
        std::array<char, kMostBytes> buffer;
        Line line{buffer};
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

// The running greenlet, if that is below its stack; else nullptr.
const detail::GreenletState* overflowed(const void* fault) noexcept {
    Hub* const hub = HubAccess::existing();
    if (hub == nullptr) return nullptr;
    const detail::GreenletState& greenlet = HubAccess::current(*hub);
    const Context* const context = greenlet.context;
    return context != nullptr && StackPool::in_guard(*context, fault) ? &greenlet : nullptr;
}

void tell_of_overflow(Line& line, const detail::GreenletState& greenlet) noexcept {
    line << "greenlet " << greenlet << " overflowed its stack of "
         << greenlet.context->size_class->bytes << " bytes; " << stack_advice.load();
}

void report_overflow(const detail::GreenletState& greenlet) noexcept {
    std::array<char, kMostBytes> buffer;
    Line line{buffer};
    line << "grove: ";
    tell_of_overflow(line, greenlet);
    (line << "\n").write();
}

void on_segv(int number, siginfo_t* info, void* machine) {
    if (const detail::GreenletState* greenlet = overflowed(info->si_addr))
        report_overflow(*greenlet);
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

std::size_t describe_stack_overflow(const void* fault, std::span<char> text) noexcept {
    const detail::GreenletState* const greenlet = overflowed(fault);
    if (greenlet == nullptr) return 0;
    Line line{text};
    tell_of_overflow(line, *greenlet);
    return line.length();
}

void set_stack_advice(const char* advice) noexcept { stack_advice = advice; }

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
