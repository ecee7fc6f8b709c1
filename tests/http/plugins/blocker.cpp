// blocker - keeps its worker's thread, as handlers should not: /loop (?blocked, ?handled: what SIGABRT is there),
// /sleep?SECONDS, /lock (a std::mutex over a grove::sleep, by which the second request ends the thread's work),
// /yield?SECONDS (greenlets that take turns).
// {"make": SECONDS}: its factory sleeps. Else it answers with how long it slept.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <string>

#include <grove/core/greenlet.h>
#include <grove/plugin.h>

using namespace grove::http;

namespace {

using Clock = std::chrono::steady_clock;

std::mutex mutex;

// Each of these is a frame to be found in a stack.
[[gnu::noinline]] void loop_without_end() {
    volatile bool on = true;
    while (on) {
    }
}

void block_abort() {
    sigset_t abort;
    ::sigemptyset(&abort);
    ::sigaddset(&abort, SIGABRT);
    ::pthread_sigmask(SIG_BLOCK, &abort, nullptr);
}

timespec duration_of(double seconds) {
    const auto whole = static_cast<std::time_t>(seconds);
    return {whole, static_cast<long>((seconds - static_cast<double>(whole)) * 1e9)};
}

/// @return how long it lasted
[[gnu::noinline]] double sleep_the_thread(double seconds) {
    const timespec duration = duration_of(seconds);
    const auto began = Clock::now();
    ::nanosleep(&duration, nullptr);
    return std::chrono::duration<double>{Clock::now() - began}.count();
}

[[gnu::noinline]] void hold_a_lock_across_a_switch() {
    const std::lock_guard lock{mutex};
    grove::sleep(std::chrono::milliseconds{50});
}

[[gnu::noinline]] void take_turns(double seconds) {
    const auto end = Clock::now() + std::chrono::duration<double>{seconds};
    while (Clock::now() < end) grove::sleep();
}

Body answer(Environ& request, StartResponse& start_response) {
    const std::string path{request["PATH_INFO"]};
    const double seconds = std::atof(std::string{request["QUERY_STRING"]}.c_str());
    double slept = 0;
    if (request["QUERY_STRING"] == "blocked") block_abort();
    if (request["QUERY_STRING"] == "handled") std::signal(SIGABRT, [](int) {});
    if (path == "/loop") loop_without_end();
    if (path.starts_with("/sleep")) slept = sleep_the_thread(seconds);
    if (path == "/lock") hold_a_lock_across_a_switch();
    if (path == "/yield") {
        const auto other = grove::spawn(take_turns, seconds);
        take_turns(seconds);
        other.join();
    }
    start_response("200 OK", {{"Content-Type", "text/plain"}});
    return "slept " + std::to_string(slept) + "\n";
}

Application make(std::string_view config) {
    const std::size_t at = config.find("\"make\":");
    if (at != config.npos) sleep_the_thread(std::atof(std::string{config.substr(at + 7)}.c_str()));
    return answer;
}

}  // namespace

GROVE_PLUGIN(blocker, "1.0", make);
