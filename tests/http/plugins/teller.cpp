// teller - tells its server what a plugin may: /count adds to its counter, /set?N sets its gauge, /log and /thread write to
// the error log, /told has the greenlet of {"greenlet": 1} write there, /replace?REASON asks for another worker, /crash?THREAD and /crash (of the main one) end the process
// with a ThreadNote, /keep?SECONDS keeps the thread with one. Its dump, and its command "asked", tell how often it was asked. {"log": 1}: a
// thread of its factory logs, too. {"farewell": 1}: what its application has, and what its dump has, logs when it is
// destroyed. {"throw": 1}: its dump throws; {"stubborn": 1}: it says that it has begun, and nothing ends it; {"gate": 1}: it refuses to load where there is a file "closed" in
// the folder of the configuration. {"replace": 1}: its factory asks for another worker.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include <unistd.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/plugin.h>

using namespace grove::http;

namespace {

const std::uintptr_t volatile nowhere = 8;  // no page is there

[[gnu::noinline]] void write_astray_for(std::string_view path) {
    const ThreadNote note{"JOB", path, "of-the-note"};
    *reinterpret_cast<int*>(nowhere) = 1;
}

[[gnu::noinline]] void keep_the_thread(double seconds) {
    const ThreadNote note{"JOB", "/kept", "of-the-note"};
    const auto whole = static_cast<std::time_t>(seconds);
    const timespec time{whole, static_cast<long>((seconds - static_cast<double>(whole)) * 1e9)};
    ::nanosleep(&time, nullptr);
}

struct Teller {
    Counter count =
        counter("teller_asked_total", "Requests, of \"path\" \\ kind.", {{"app", "te\"ller"}});
    Gauge level = gauge("teller_level", "As it was set.");
    int asked = 0;
    grove::Event told{};
};

struct Farewell {
    const char* text;
    explicit Farewell(const char* said) : text{said} {}
    ~Farewell() { log(LogLevel::kWarn, text); }
    Farewell(const Farewell&) = delete;
    Farewell& operator=(const Farewell&) = delete;
};

Body answer(Teller& teller, Environ& request, StartResponse& start_response) {
    const std::string path{request["PATH_INFO"]};
    const std::string query{request["QUERY_STRING"]};
    ++teller.asked;
    if (path == "/count") teller.count.add();
    if (path == "/set") teller.level.set(std::atof(query.c_str()));
    if (path == "/log") log(LogLevel::kWarn, "a request's\nline");
    if (path == "/thread") std::thread{[] { log(LogLevel::kWarn, "a thread's line"); }}.join();
    if (path == "/told") teller.told.set();
    if (path == "/replace") replace_worker(query);
    if (path == "/crash" && query.empty()) write_astray_for("/of-main");
    if (path == "/crash") std::thread{write_astray_for, "/of-thread"}.join();
    if (path == "/keep") keep_the_thread(std::atof(query.c_str()));
    start_response("200 OK", {{"Content-Type", "text/plain"}});
    return "worker " + std::to_string(::getpid()) + ".\n";
}

[[noreturn]] void sleep_whatever_comes() {
    for (;;) {
        try {
            grove::sleep(std::chrono::hours{1});
        } catch (...) {
        }
    }
}

Application make(std::string_view config) {
    const bool throws = config.find("throw") != config.npos;
    const bool stubborn = config.find("stubborn") != config.npos;
    if (config.find("gate") != config.npos && std::filesystem::exists("closed"))
        throw std::runtime_error{"the gate is closed"};
    if (config.find("replace") != config.npos) replace_worker("at once");
    if (config.find("log") != config.npos)
        std::thread{[] { log(LogLevel::kWarn, "a line of a factory's thread"); }}.join();
    const auto teller = std::make_shared<Teller>();
    if (config.find("greenlet") != config.npos) {
        grove::spawn({.name = "told"}, [teller] {
            teller->told.wait();
            log(LogLevel::kWarn, "a factory's greenlet");
        });
    }
    const bool takes_leave = config.find("farewell") != config.npos;
    const auto farewell = [&](const char* text) {
        return takes_leave ? std::make_shared<const Farewell>(text) : nullptr;
    };
    on_dump([teller, throws, stubborn, leave = farewell("a dump's farewell")](std::ostream& out) {
        if (stubborn) {
            log(LogLevel::kWarn, "the dump has begun");
            sleep_whatever_comes();
        }
        out << "teller was asked " << teller->asked << " times\n";
        if (throws) throw std::runtime_error{"as it was told to"};
    });
    on_command("asked", "how often it was asked",
               [teller](std::ostream& out, std::string_view arguments) {
                   out << teller->asked << ' ' << arguments << '\n';
               });
    return [teller, leave = farewell("an application's farewell")](Environ& request,
                                                                   StartResponse& start_response) {
        return answer(*teller, request, start_response);
    };
}

}  // namespace

GROVE_PLUGIN(teller, "1.0", make);
