#include "plugin_faults.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <grove/core/duration.h>
#include <grove/core/file_descriptor.h>

#include "ending.h"
#include "load_apps.h"
#include "one_line.h"

using namespace grove;
using namespace grove::http;

namespace {

using Lines = std::vector<std::string>;

/// Of all factories together, as of those of a worker.
class TimeLimit {
public:
    explicit TimeLimit(Timespan time) : time_{time} {}

    [[nodiscard]] bool over() const { return time_ && Steady::now() - begin_ >= *time_; }
    /// For poll(), which may return too early.
    [[nodiscard]] int left() const {
        if (!time_) return -1;
        const auto left = *time_ - (Steady::now() - begin_);
        return static_cast<int>(std::clamp<std::int64_t>(
            std::chrono::ceil<std::chrono::milliseconds>(left).count(), 0, 3'600'000));
    }
    [[nodiscard]] std::string text() const {
        std::ostringstream text;
        text << std::chrono::duration<double>{*time_}.count() << " s";
        return text.str();
    }

private:
    using Steady = std::chrono::steady_clock;
    Timespan time_;
    Steady::time_point begin_ = Steady::now();
};

// Its end, too: what a plugin has forked may keep the other end of the pipe.
// @param process  -1: only the end of the pipe is
// @return false: the limit is over; what came before is in `text`
bool read_to_end(int fd, int process, const TimeLimit& limit, std::string& text) {
    std::array<char, 4096> piece{};
    for (ssize_t got = 1; got > 0;) {
        std::array<pollfd, 2> watched{{{.fd = fd, .events = POLLIN, .revents = 0},
                                       {.fd = process, .events = POLLIN, .revents = 0}}};
        while (::poll(watched.data(), watched.size(), limit.left()) <= 0) {
            if (limit.over()) return false;
        }
        if (watched[0].revents == 0) return true;  // it has ended, and all it told was read
        got = ::read(fd, piece.data(), piece.size());
        if (got > 0) text.append(piece.data(), static_cast<std::size_t>(got));
    }
    return true;
}

void write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

std::string how_it_ended(int status) {
    if (WIFSIGNALED(status)) {
        const int number = WTERMSIG(status);
        return "was ended by signal " + std::to_string(number) + " (" + ::strsignal(number) + ")";
    }
    return "ended its process with exit code " + std::to_string(WEXITSTATUS(status));
}

constexpr char kBegun = '>';
constexpr char kFault = '!';
constexpr std::string_view kEnd{".", 2};  // with its NUL: all were loaded

// In the child: tells of each plugin before it is loaded, and of each fault. A NUL ends each; what a plugin says has none.
void tell_faults(int fd, const Config& config, const std::optional<Identity>& identity,
                 PluginLoader& loader) {
    const auto tell = [fd](char kind, const std::string& text) {
        write_all(fd, kind + one_line(text) + '\0');
    };
    try {
        if (identity) become(*identity, config.dumpable);
    } catch (const std::system_error& error) {
        return tell(kFault, config.place + ": " + error.what());
    }
    Lines faults;
    const auto tell_new = [&] {
        for (const std::string& fault : std::exchange(faults, {})) tell(kFault, fault);
    };
    auto application =
        std::make_unique<Application>(load_apps(config, loader, faults, [&](const PluginUse& use) {
            tell_new();  // the next one may end this process
            tell(kBegun, use.plugin.place + ": the plugin \"" + use.plugin.app + '"');
        }));
    tell_new();
    // What factories began may use it. Nobody waits for them here: the process is about to end.
    if (!Ending{}.wait(Duration::zero())) static_cast<void>(application.release());
}

// Adds the faults that a child has told. @return the plugin that it began last; "": none
std::string hear_faults(std::string_view told, Lines& faults) {
    std::string begun;
    while (!told.empty()) {
        const std::string_view one = told.substr(0, told.find('\0'));
        if (one.starts_with(kBegun)) begun = one.substr(1);
        if (one.starts_with(kFault)) faults.emplace_back(one.substr(1));
        told.remove_prefix(std::min(told.size(), one.size() + 1));
    }
    return begun;
}

// Takes the application that this plugin is of, and those before it, out of the configuration.
// @return false: it is of none
bool skip(const std::string& begun, Config& config) {
    const auto of = std::find_if(config.apps.begin(), config.apps.end(), [&](const AppConfig& app) {
        return begun.starts_with(app.place + ": ") || begun.starts_with(app.place + "/around/");
    });
    if (of == config.apps.end()) return false;
    config.apps.erase(config.apps.begin(), of + 1);
    return true;
}

// What a plugin does when it is loaded, nobody knows: it does it elsewhere. They are loaded in one process, as a worker
// loads them: some tolerate no other beside them.
// @param config  loses what was loaded before a plugin ended that process, and that plugin
// @param identity  whom that process becomes; nullopt: nobody else
// @return whether there is a rest to load
bool add_faults_of_plugins(Config& config, const std::optional<Identity>& identity,
                           PluginLoader& loader, const TimeLimit& limit, Lines& faults) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        throw std::system_error{errno, std::generic_category(), "pipe2"};
    const FileDescriptor from_child{ends[0]};
    FileDescriptor to_parent{ends[1]};
    const pid_t child = ::fork();
    if (child < 0) throw std::system_error{errno, std::generic_category(), "fork"};
    if (child == 0) {
        tell_faults(to_parent.get(), config, identity, loader);
        write_all(to_parent.get(), kEnd);
        std::_Exit(EXIT_SUCCESS);
    }
    to_parent.reset();
    std::string told;
    const FileDescriptor process{static_cast<int>(::syscall(SYS_pidfd_open, child, 0))};
    const bool in_time = read_to_end(from_child.get(), process.get(), limit, told);
    if (!in_time) ::kill(child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    std::string begun = hear_faults(told, faults);
    if (begun.empty()) begun = config.place + ": the first plugin";
    if (!in_time) {
        faults.push_back(begun + " was not loaded within " + limit.text() +
                         ", which is timeouts.load");
        return false;
    }
    if (told.ends_with(kEnd)) return false;
    faults.push_back(begun + ' ' + how_it_ended(status) + " while it was loaded");
    return skip(begun, config);
}

// What is left of the configuration without the plugins that cannot be had.
Config with_copies(const Config& config, PluginLoader& loader, Lines& faults) {
    const auto can_be_had = [&](const Config& one) {
        const std::size_t before = faults.size();
        copy_apps(one, loader, faults);
        return faults.size() == before;
    };
    Config had = config;
    had.apps.clear();
    had.around.clear();
    const auto keep_those_had = [&](const std::vector<PluginConfig>& from,
                                    std::vector<PluginConfig>& to) {
        for (const PluginConfig& around : from) {
            if (can_be_had({.around = {around}})) to.push_back(around);
        }
    };
    for (const AppConfig& app : config.apps) {
        AppConfig own = app;
        own.around.clear();
        const bool kept = can_be_had({.apps = {own}});
        keep_those_had(app.around, own.around);
        if (kept) had.apps.push_back(std::move(own));
    }
    keep_those_had(config.around, had.around);
    return had;
}

}  // namespace

void add_plugin_faults(const Config& config, const std::optional<Identity>& identity,
                       PluginLoader& loader, Lines& faults) {
    Config rest = with_copies(config, loader, faults);
    const TimeLimit limit{config.load};
    while (add_faults_of_plugins(rest, identity, loader, limit, faults)) {
    }
}
