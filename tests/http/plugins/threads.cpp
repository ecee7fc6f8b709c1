// threads - has a thread of its own, that its factory starts, one of a ThreadPool, and one that a library starts when it
// is loaded: they know nothing of signals.
// /status and /pool/status execute a program that tells of its signals, and so did the factory for /factory/status if
// it is configured with {"status": true}; /fork ends a forked process by SIGTERM.
// /long answers once there is a file "finish". Configured with {"gate": true} it loads once there is a file "gate" or
// "gate-PID", and with {"calm": true} beside it refuses to if a signal came meanwhile. All of them in the folder of the configuration, where "loading-PID" says that a factory runs.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <grove/core/greenlet.h>
#include <grove/plugin.h>
#include <grove/pool/thread_pool.h>

using namespace grove::http;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

extern "C" bool has_a_thread_of_a_library();

namespace {

std::string output_of_signal_status() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return "no pipe";
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    char program[] = GROVE_TEST_SIGNAL_STATUS;
    char* const arguments[] = {program, nullptr};
    pid_t child = 0;
    const int error = ::posix_spawn(&child, program, &actions, nullptr, arguments, environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    std::string text = error == 0 ? "" : std::generic_category().message(error);
    char piece[256];
    for (ssize_t got = 1; got > 0 && error == 0;) {
        got = ::read(ends[0], piece, sizeof piece);
        if (got > 0) text.append(piece, static_cast<std::size_t>(got));
    }
    ::close(ends[0]);
    if (error == 0) ::waitpid(child, nullptr, 0);
    return text;
}

// Without exec: it has this program's handlers, as far as they are not taken from it.
std::string end_of_a_fork() {
    const pid_t child = ::fork();
    if (child == 0) {
        ::raise(SIGTERM);
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? "ended by signal " + std::to_string(WTERMSIG(status)) : "exited";
}

class Threads {
public:
    Threads(fs::path folder, std::string of_factory)
        : folder_{std::move(folder)}, of_factory_{std::move(of_factory)} {
        std::thread{[] {
            ::pthread_setname_np(::pthread_self(), "of_the_factory");
            for (;;) std::this_thread::sleep_for(1h);
        }}.detach();
        pool_.apply([] { ::pthread_setname_np(::pthread_self(), "of_the_pool"); });
    }

    Body answer(Environ& request, StartResponse& start_response) {
        const std::string path{request["PATH_INFO"]};
        start_response("200 OK", {{"Content-Type", "text/plain"}});
        if (path == "/status") return output_of_signal_status();
        if (path == "/factory/status") return of_factory_;
        if (path == "/pool/status") return pool_.apply(&output_of_signal_status);
        if (path == "/fork") return end_of_a_fork();
        if (path == "/long") {
            return [file = folder_ / "finish", n = 0]() mutable -> std::optional<std::string> {
                if (n == 0) return ++n, "begun\n";
                while (!fs::exists(file)) grove::sleep(1ms);
                return n++ == 1 ? std::optional<std::string>{"finished\n"} : std::nullopt;
            };
        }
        return std::string{"threads\n"};
    }

private:
    fs::path folder_;
    std::string of_factory_;
    grove::ThreadPool pool_{1};
};

// @param calm  a signal is an error, as it would be to a library that waits for a database
void nap(bool calm) {
    const timespec time{.tv_sec = 0, .tv_nsec = 1'000'000};
    if (::nanosleep(&time, nullptr) != 0 && calm) throw std::runtime_error{"interrupted"};
}

Application make(std::string_view config) {
    if (!has_a_thread_of_a_library()) throw std::runtime_error{"the library was not begun"};
    const fs::path folder = fs::current_path();
    if (config.find("gate") != config.npos) {
        const std::string pid = std::to_string(::getpid());
        std::ofstream{folder / ("loading-" + pid)};
        while (!fs::exists(folder / "gate") && !fs::exists(folder / ("gate-" + pid)))
            nap(config.find("calm") != config.npos);
    }
    const bool asked = config.find("status") != config.npos;
    return
        [threads = std::make_shared<Threads>(folder, asked ? output_of_signal_status() : "")](
            Environ& request, StartResponse& respond) { return threads->answer(request, respond); };
}

}  // namespace

GROVE_PLUGIN(threads, "1.0", make);
