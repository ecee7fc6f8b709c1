#include "operate.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "config_error.h"
#include "control_client.h"
#include "exit_codes.h"
#include "one_line.h"
#include "pid_file.h"
#include "read_config.h"

using namespace grove;
using namespace grove::http;

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr auto kPatience = 5s;  // with a master, who never waits for anything
constexpr auto kRoom = 10s;     // beyond what the configuration grants a stop
constexpr auto kFrame = 1s;
constexpr auto kTimeToShow = 100ms;  // for workers, whom their master does not wait for

// Where no pid file has a place, one may run that has none.
int nothing_runs(const CommandLine& line, const std::vector<std::string>& pid_files,
                 int exit_code) {
    const bool usual = pid_files == usual_pid_files(line.config);
    const std::string why = usual ? why_none_can_be_made(pid_files) : "";
    std::cerr << "grove: no running server of "
              << (line.flags.pid_file ? *line.flags.pid_file : line.config.string())
              << " can be asked" << (why.empty() ? "" : ": a server would have no pid file: ")
              << why << '\n';
    return exit_code;
}

std::string asked(ControlClient& client, const std::string& question) {
    client.ask(question);
    const auto answer = client.answer(kPatience);
    if (!answer) throw std::runtime_error{"the master has ended"};
    return *answer;
}

// How long its stop may take; nullopt: any time, or nobody knows. It knows what it runs with: the configuration may be
// another one by now, or was not named. Of one that does not answer, or has just ended, the file tells.
Timespan time_to_stop(const CommandLine& line, const FoundMaster& master) {
    try {
        ControlClient client{master};
        const json within = json::parse(asked(client, "status")).at("stops_within");
        return within.is_null() ? Timespan{} : std::chrono::seconds{within.get<std::int64_t>()};
    } catch (const std::exception&) {
    }
    try {
        std::vector<std::string> ignored;
        const Config config = read_config_despite_faults(line.config, ignored);
        if (!config.shutdown || !config.unwind) return std::nullopt;
        return config.drain_delay.value_or(Duration::zero()) + *config.shutdown + *config.unwind +
               kRoom;
    } catch (const ConfigError&) {
        return std::nullopt;
    }
}

bool has_ended(const FoundMaster& master, Timespan time) {
    using Steady = std::chrono::steady_clock;
    const Steady::time_point begin = Steady::now();
    for (;;) {
        pollfd watched{.fd = master.process.get(), .events = POLLIN, .revents = 0};
        int wait = -1;
        if (time) {
            const auto left = *time - (Steady::now() - begin);
            const auto most = std::chrono::ceil<std::chrono::milliseconds>(left).count();
            wait = static_cast<int>(std::clamp<std::int64_t>(most, 0, INT32_MAX));
        }
        const int ended = ::poll(&watched, 1, wait);
        if (ended >= 0 || errno != EINTR) return ended == 1;
    }
}

// Asks one that is about to be told to stop for how it ends, and waits for no answer: the master may stand still.
// @return null: it cannot be asked
std::unique_ptr<ControlClient> asked_for_end(const FoundMaster& master) {
    try {
        auto client = std::make_unique<ControlClient>(master);
        client->ask("end");
        return client;
    } catch (const std::runtime_error&) {
        return nullptr;
    }
}

// Of one that has ended.
int exit_code_of(ControlClient* client) {
    try {
        const auto answer = client != nullptr ? client->answer(kPatience) : std::nullopt;
        return answer ? json::parse(*answer).value("exit", kExitClean) : kExitClean;
    } catch (const std::exception&) {  // it has not said so
        return kExitClean;
    }
}

std::string plural(std::uint64_t count, const std::string& word) {
    return std::to_string(count) + " " + word + (count == 1 ? "" : "s");
}

std::string row(const json& worker) {
    std::array<char, 128> text{};
    const auto number = [&](const char* key) {
        return static_cast<unsigned long long>(worker.at(key).get<std::uint64_t>());
    };
    const std::string state =
        worker.at("state").get<std::string>() + (worker.at("crew") == "next" ? " (new)" : "");
    std::snprintf(text.data(), text.size(), "%8llu  %-14s %8llu s  %11llu  %9llu\n", number("pid"),
                  state.c_str(), number("seconds"), number("connections"), number("in_flight"));
    return text.data();
}

// Such as a name that this environment lacks: a server may run all the same.
void throw_those_of_the_pid_file(const std::filesystem::path& config,
                                 std::vector<std::string> faults) {
    const std::string begin = one_line(config.string() + ": /pid_file: ");
    std::erase_if(faults, [&](const std::string& fault) { return !fault.starts_with(begin); });
    if (!faults.empty()) throw ConfigError{std::move(faults)};
}

// As the configuration has it. @throws ConfigError  that it cannot be told, and how a server is found all the same
std::string pid_file_of_config(const std::filesystem::path& config) {
    try {
        std::vector<std::string> faults;
        const std::string file = read_config_despite_faults(config, faults).pid_file;
        if (file.empty()) throw_those_of_the_pid_file(config, faults);
        return file;
    } catch (const ConfigError& error) {
        std::vector<std::string> lines = error.lines();
        lines.emplace_back(
            "grove: --pid-file PATH finds a server that runs without its configuration");
        throw ConfigError{std::move(lines)};
    }
}

// @return nullopt: nobody runs any more
std::optional<std::string> status_of(const std::vector<std::string>& pid_files) {
    const auto master = find_master(pid_files);
    if (!master) return std::nullopt;
    ControlClient client{*master};
    const std::string answer = asked(client, "status");
    const json workers = json::parse(answer).at("workers");
    const bool busy = std::any_of(workers.begin(), workers.end(), [](const json& worker) {
        return worker.at("in_flight").get<std::uint64_t>() != 0;
    });
    // By the first question they are asked what they run.
    if (!busy || has_ended(*master, kTimeToShow)) return answer;
    return asked(client, "status");
}

// What clients have sent was escaped by the master; a terminal gets nothing else whoever has sent it.
std::string request_rows(const json& requests) {
    if (requests.empty()) return "";
    std::string rows = "\n     pid     running  request\n";
    for (const json& request : requests) {
        std::array<char, 64> begin{};
        std::snprintf(begin.data(), begin.size(), "%8llu  %8.1f s  ",
                      static_cast<unsigned long long>(request.at("pid").get<std::uint64_t>()),
                      request.at("seconds").get<double>());
        const std::string id = request.at("id").get<std::string>();
        rows += begin.data() +
                one_line(request.at("method").get<std::string>() + " " +
                         request.at("path").get<std::string>() +
                         (id.empty() ? "" : "  (request " + id + ")")) +
                "\n";
    }
    return rows;
}

}  // namespace

std::vector<std::string> pid_files_of(const CommandLine& line) {
    if (line.flags.pid_file) return {std::filesystem::absolute(*line.flags.pid_file).string()};
    const std::string file = pid_file_of_config(line.config);
    if (file == Config::kUsualPidFile) return usual_pid_files(line.config);
    return file.empty() ? std::vector<std::string>{} : std::vector{file};
}

int reload(const CommandLine& line) {
    const std::vector<std::string> pid_files = pid_files_of(line);
    const auto master = find_master(pid_files);
    if (!master) return nothing_runs(line, pid_files, kExitFailure);
    ControlClient client{*master};
    const json begun = json::parse(asked(client, "reload"));
    Timespan time;
    // Twice: another one may be under way.
    if (begun.at("within").is_number())
        time = 2 * std::chrono::seconds{begun.at("within").get<std::int64_t>()} + kPatience;
    const auto answer = client.answer(time);
    if (!answer) throw std::runtime_error{"the server has ended before it was reloaded"};
    const json outcome = json::parse(*answer);
    if (outcome.at("reload") == "done") {
        std::cout << "reloaded\n";
        return kExitClean;
    }
    for (const json& why : outcome.at("why"))
        std::cerr << "grove: reload: nothing is changed: " << why.get<std::string>() << '\n';
    return kExitFailure;
}

int stop(const CommandLine& line) {
    const std::vector<std::string> pid_files = pid_files_of(line);
    const auto master = find_master(pid_files);
    if (!master) return nothing_runs(line, pid_files, kExitFailure);
    const auto client = asked_for_end(*master);
    const int number = line.now ? SIGQUIT : SIGTERM;
    if (::syscall(SYS_pidfd_send_signal, master->process.get(), number, nullptr, 0) != 0) {
        std::perror("grove: stop: the signal cannot be sent");
        return kExitFailure;
    }
    if (!has_ended(*master, time_to_stop(line, *master))) {
        std::cerr << "grove: stop: process " << master->pid << " has not ended in its time\n";
        return kExitFailure;
    }
    if (const int exit_code = exit_code_of(client.get()); exit_code != kExitClean) {
        std::cerr << "grove: stop: process " << master->pid << " has stopped with exit code "
                  << exit_code << ": its log says why\n";
        return exit_code;
    }
    std::cout << "stopped\n";
    return kExitClean;
}

int status(const CommandLine& line) {
    const std::vector<std::string> pid_files = pid_files_of(line);
    const auto answer = status_of(pid_files);
    if (!answer) return nothing_runs(line, pid_files, kExitNothingRuns);
    std::cout << (line.json ? *answer + "\n" : status_text(*answer));
    const std::string state = json::parse(*answer).at("state");
    return state == "serving" || state == "reloading" ? kExitClean : kExitFailure;
}

int top(const CommandLine& line) {
    const std::vector<std::string> pid_files = pid_files_of(line);
    const bool live = !line.once && ::isatty(STDOUT_FILENO) == 1;
    for (std::optional<FoundMaster> master;;) {
        std::optional<std::string> answer;
        try {
            answer = status_of(pid_files);
        } catch (const std::runtime_error&) {  // it may have been about to end
            if (!master || !has_ended(*master, kFrame)) throw;
        }
        if (!answer) return master ? kExitClean : nothing_runs(line, pid_files, kExitFailure);
        // Home, and what an earlier frame had below.
        std::cout << (live ? "\x1b[H\x1b[2J" : "") << status_text(*answer)
                  << request_rows(json::parse(*answer).value("requests", json::array()))
                  << std::flush;
        // Such as a terminal that is gone: of a line's failure only the C stream knows.
        if (!std::cout || std::ferror(stdout) != 0) return kExitFailure;
        if (!live) return kExitClean;
        master = find_master(pid_files);
        if (!master || has_ended(*master, kFrame)) return kExitClean;
    }
}

std::string status_text(const std::string& answer) {
    const json status = json::parse(answer);
    std::uint64_t connections = 0;
    std::uint64_t in_flight = 0;
    std::string rows;
    for (const json& worker : status.at("workers")) {
        connections += worker.at("connections").get<std::uint64_t>();
        in_flight += worker.at("in_flight").get<std::uint64_t>();
        rows += row(worker);
    }
    std::string text =
        "master " + status.at("master").dump() + ": " + status.at("state").get<std::string>() +
        ", generation " + status.at("generation").dump() + ", since " +
        status.at("seconds").dump() + " s\n" + plural(connections, "connection") + ", " +
        plural(in_flight, "request") + " in flight, " +
        plural(status.at("restarts").get<std::uint64_t>(), "dead worker") + " replaced\n";
    if (const json& last = status.at("reload"); last.is_object()) {
        text += "last reload, " + last.at("seconds_ago").dump() + " s ago: ";
        text += last.at("successful").get<bool>() ? "done\n" : "nothing was changed\n";
        for (const json& why : last.at("why")) text += "  " + why.get<std::string>() + "\n";
    }
    return text + "\n     pid  state               age  connections  in flight\n" + rows;
}
