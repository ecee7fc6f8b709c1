#include "check.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <grove/core/file_descriptor.h>

#include "calendar.h"
#include "certificate_facts.h"
#include "ending.h"
#include "exposure.h"
#include "identity.h"
#include "load_apps.h"
#include "open_files.h"
#include "tls_contexts.h"

using namespace grove;
using namespace grove::http;

namespace {

using Clock = std::chrono::system_clock;
using Lines = std::vector<std::string>;

constexpr auto kSoon = std::chrono::hours{7 * 24};

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

// @return nullopt: the limit is over
std::optional<std::string> read_to_end(int fd, const TimeLimit& limit) {
    std::string text;
    std::array<char, 4096> piece{};
    for (ssize_t got = 1; got > 0;) {
        pollfd watched{.fd = fd, .events = POLLIN, .revents = 0};
        while (::poll(&watched, 1, limit.left()) <= 0) {
            if (limit.over()) return std::nullopt;
        }
        got = ::read(fd, piece.data(), piece.size());
        if (got > 0) text.append(piece.data(), static_cast<std::size_t>(got));
    }
    return text;
}

void write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

Lines faults_of_app(const Config& alone, const std::optional<Identity>& identity,
                    PluginLoader& loader) {
    try {
        if (identity) become(*identity, alone.dumpable);
    } catch (const std::system_error& error) {
        return {alone.place + ": " + error.what()};
    }
    Lines faults;
    auto apps = std::make_unique<std::vector<Mount>>(load_apps(alone, loader, faults));
    // What factories began may use them. Nobody waits for it here: the process is about to end.
    if (!Ending{}.wait(Duration::zero())) static_cast<void>(apps.release());
    return faults;
}

std::string how_it_ended(int status) {
    if (WIFSIGNALED(status)) {
        const int number = WTERMSIG(status);
        return "was ended by signal " + std::to_string(number) + " (" + ::strsignal(number) + ")";
    }
    return "ended its process with exit code " + std::to_string(WEXITSTATUS(status));
}

// What a plugin does when it is loaded, nobody knows: it does it elsewhere.
// @param alone  with this one application
// @param identity  whom that process becomes; nullopt: nobody else
// @return false: its time is over
bool add_faults_of_app(const Config& alone, const std::optional<Identity>& identity,
                       PluginLoader& loader, const TimeLimit& limit, Lines& faults) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        throw std::system_error{errno, std::generic_category(), "pipe2"};
    const FileDescriptor from_child{ends[0]};
    FileDescriptor to_parent{ends[1]};
    const pid_t child = ::fork();
    if (child < 0) throw std::system_error{errno, std::generic_category(), "fork"};
    if (child == 0) {
        for (const std::string& line : faults_of_app(alone, identity, loader))
            write_all(to_parent.get(), line + '\n');
        std::_Exit(EXIT_SUCCESS);
    }
    to_parent.reset();
    const std::optional<std::string> read = read_to_end(from_child.get(), limit);
    if (!read) ::kill(child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    const AppConfig& app = alone.apps[0];
    if (!read) {
        faults.push_back(app.place + ": the plugin \"" + app.app + "\" was not loaded within " +
                         limit.text() + ", which is timeouts.load");
        return false;
    }
    const std::string& lines = *read;
    for (std::size_t begin = 0; begin < lines.size();) {
        const std::size_t end = std::min(lines.find('\n', begin), lines.size());
        faults.push_back(lines.substr(begin, end - begin));
        begin = end + 1;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS)
        faults.push_back(app.place + ": the plugin " + how_it_ended(status) +
                         " while it was loaded");
    return true;
}

// "2026-11-23 15:50 UTC"
std::string day(Clock::time_point time) {
    const std::string text = rfc3339(time);
    return text.substr(0, 10) + " " + text.substr(11, 5) + " UTC";
}

void add_warning_if_old(const std::string& place, const std::string& file, const Until& until,
                        Lines& warnings) {
    if (until && *until < Clock::now()) {
        warnings.push_back(place + ": warning: \"" + file + "\" has expired on " + day(*until));
    }
}

// @param host  whom it is for; "": nobody in particular
void add_warnings(const CertificateConfig& files, const std::string& host, Lines& warnings) {
    const auto facts = certificate_facts(files.certificate, host);
    if (!facts) return;
    const Clock::time_point now = Clock::now();
    const std::string what = files.place + "/certificate: warning: \"" + files.certificate + "\" ";
    if (!facts->covers) {
        warnings.push_back(what + "is not good for \"" + host +
                           "\", but for other names: clients will refuse it");
    }
    if (facts->until < now) {
        warnings.push_back(what + "has expired on " + day(facts->until));
    } else if (facts->until < now + kSoon) {
        warnings.push_back(what + "expires on " + day(facts->until));
    } else if (facts->from > now) {
        warnings.push_back(what + "is good from " + day(facts->from) + " on only");
    }
    add_warning_if_old(files.place + "/ocsp", files.ocsp, ocsp_until(files.ocsp), warnings);
}

}  // namespace

Lines find_faults(const Config& config) {
    Lines faults;
    Sources sources;
    auto identity = find_identity(config, sources, faults);
    if (::geteuid() != 0) identity.reset();
    const auto loader = make_plugin_loader(config, sources);  // one for all, as a worker has
    Config alone = config;
    const TimeLimit limit{config.load};
    for (const AppConfig& app : config.apps) {
        alone.apps = {app};
        const std::size_t before = faults.size();
        copy_apps(alone, *loader, faults);
        if (faults.size() == before && !add_faults_of_app(alone, identity, *loader, limit, faults))
            break;
    }
    make_tls_contexts(config, sources, nullptr, faults);
    return faults;
}

Lines find_warnings(const Config& config, const std::string& file) {
    Lines warnings;
    for (const ListenConfig& listen : config.listen) {
        if (!listen.tls) continue;
        add_warnings(*listen.tls, "", warnings);
        add_warning_if_old(listen.tls->place + "/client_crl", listen.tls->client_crl,
                           crl_until(listen.tls->client_crl), warnings);
        for (const TlsConfig::Name& name : listen.tls->names) {
            for (const CertificateConfig& one : name.certificates)
                add_warnings(one, name.host, warnings);
        }
    }
    if (const auto possible = possible_connections(config.max_connections); !possible.why.empty())
        warnings.push_back(file + ": /max_connections: warning: " + possible.why);
    for (std::string& line : find_exposures(config, file)) warnings.push_back(std::move(line));
    return warnings;
}
