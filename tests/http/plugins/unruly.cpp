// unruly - breaks where its configuration says, or when asked to: after the body has come /crash, /abort, /stray,
// /null, /divide, /trap, /terminate, /thread and /overflow; /throw, /teapot (an HttpError; /teapot/late: of the body), /sleep, /stubborn (no kill ends it), /swallow
// (nor anything else), /slow_end and /slower_end (take a while). /exhausted: as /stray, when all descriptors are taken. /children tells how two children have
// crashed, /pid who answers. {"never_exit": 1}: its process does not come to its end; {"fifo": 1}: loads once
// "gate", in the folder of the configuration, has a writer.
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <grove/core/errors.h>
#include <grove/core/greenlet.h>
#include <grove/core/shield.h>
#include <grove/plugin.h>

using namespace grove::http;

namespace {

const std::uintptr_t volatile nowhere = 8;  // no page is there
const int volatile nothing = 0;
void (*const volatile nobody)() = nullptr;

// Ends at the stack's guard page; the optimizer cannot make a loop of it.
int dig(volatile char* above) {
    volatile char here[512];
    here[0] = *above;
    return *above == 0 ? 0 : dig(here) + here[0];
}

// Each of these is a frame to be found in a stack.
[[gnu::noinline]] void write_astray() { *reinterpret_cast<int*>(nowhere) = 1; }
[[gnu::noinline]] __attribute__((no_sanitize("undefined"))) int divide_by(
    const volatile int& divisor) {
    return 7 / divisor;
}
[[gnu::noinline]] void run_into_a_trap() { __builtin_trap(); }
[[gnu::noinline]] void throw_it() { throw std::runtime_error{"out of it"}; }
[[gnu::noinline]] void throw_past_the_end() noexcept { throw_it(); }
[[gnu::noinline]] void abort_on_purpose() { std::abort(); }

void take_all_descriptors() {
    const rlimit few{.rlim_cur = 128, .rlim_max = 128};
    ::setrlimit(RLIMIT_NOFILE, &few);
    while (::dup(STDERR_FILENO) >= 0) {
    }
}

/// @return the signal that has ended the child that does this
int fork_and(void (*crash)()) {
    const pid_t child = ::fork();
    if (child == 0) {
        crash();
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

[[gnu::noinline]] void sleep_until_killed() {
    try {
        grove::sleep(std::chrono::hours{1});
    } catch (const grove::GreenletExit&) {
    }
}

[[gnu::noinline]] void sleep_until_anything() {
    try {
        grove::sleep(std::chrono::hours{1});
    } catch (...) {
    }
}

[[noreturn]] void end_slowly(std::chrono::milliseconds time) {
    sleep_until_killed();
    const grove::Shield shield;
    grove::sleep(time);
    throw grove::GreenletExit{};
}

[[noreturn]] void be_a_teapot() { throw HttpError{418, "short and stout\n", {{"X-Probe", "own"}}}; }

Body answer(Environ& request, StartResponse& start_response) {
    const std::string path{request["PATH_INFO"]};
    const std::string body = request.input().read();
    if (path.starts_with("/crash")) std::raise(SIGSEGV);
    if (path.starts_with("/abort")) abort_on_purpose();
    if (path == "/exhausted") take_all_descriptors();
    if (path.starts_with("/stray") || path == "/exhausted") write_astray();
    if (path == "/null") nobody();
    if (path == "/divide") return std::to_string(divide_by(nothing));
    if (path == "/trap") run_into_a_trap();
    if (path == "/terminate") throw_past_the_end();
    if (path == "/thread") std::thread{write_astray}.join();
    if (path == "/overflow") {
        volatile char top = 1;
        dig(&top);
    }
    if (path == "/throw") throw std::runtime_error{"as it was asked to"};
    if (path == "/teapot") be_a_teapot();
    while (path == "/stubborn") sleep_until_killed();
    while (path == "/swallow") sleep_until_anything();
    if (path == "/slow_end") end_slowly(std::chrono::milliseconds{1500});
    if (path == "/slower_end") end_slowly(std::chrono::milliseconds{4500});
    if (path == "/sleep") grove::sleep(std::chrono::hours{1});
    start_response("200 OK", {{"Content-Type", "text/plain"}});
    if (path == "/teapot/late")
        return Body::Generator{[]() -> std::optional<std::string> { be_a_teapot(); }};
    if (path == "/children") {
        return "signals " + std::to_string(fork_and(write_astray)) + " and " +
               std::to_string(fork_and(abort_on_purpose)) + "\n";
    }
    if (path == "/pid") return "worker " + std::to_string(::getpid()) + ".\n";
    return body + "unruly\n";
}

Application make(std::string_view config) {
    if (config.find("throw") != config.npos) throw std::runtime_error{"as it was told to"};
    if (config.find("forge") != config.npos)
        throw std::runtime_error{"first\n!second\r\x1b[2Jthird"};
    if (config.find("abort") != config.npos) std::abort();
    if (config.find("deaf") != config.npos) {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    }
    if (config.find("fifo") != config.npos) ::close(::open("gate", O_RDONLY | O_CLOEXEC));
    while (config.find("hang") != config.npos) ::pause();
    if (config.find("never_exit") != config.npos) {
        std::atexit([] {
            for (;;) ::pause();
        });
    }
    return answer;
}

}  // namespace

GROVE_PLUGIN(unruly, "1.0", make);
