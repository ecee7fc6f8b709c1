#include "serve.h"

#include <csignal>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <grove/core/detail/tls_ticket_keys.h>
#include <grove/core/signal_inbox.h>

#include "admin_hosts.h"
#include "auto_workers.h"
#include "config_error.h"
#include "file_changes.h"
#include "generation.h"
#include "identity.h"
#include "master_log.h"
#include "open_files.h"
#include "opened_config.h"
#include "pid_file.h"
#include "run_master.h"
#include "run_worker.h"
#include "service_manager.h"
#include "stand_in.h"
#include "watched_files.h"
#include "worker_commands.h"

using namespace grove;
using namespace grove::http;

namespace {

// A number that was configured needs no reason.
AutoWorkers workers_of(const Config& config) {
    return config.workers == Config::kAutoWorkers ? auto_workers()
                                                  : AutoWorkers{.count = config.workers};
}

// The last line of a start.
std::string master_line(const AutoWorkers& workers) {
    const std::string line = "grove: master " + std::to_string(::getpid()) + ", " +
                             std::to_string(workers.count) +
                             (workers.count == 1 ? " worker" : " workers");
    return workers.reason.empty() ? line : line + ": " + workers.reason;
}

std::vector<MasterListener> listeners_of(const Config& config) {
    std::vector<MasterListener> listeners;
    for (const ListenConfig& listen : config.listen) {
        listeners.push_back({.address = listen.address,
                             .mode = listen.mode,
                             .defer_accept = listen.defer_accept,
                             .shared = config.accept == Accept::kShared});
    }
    // After those of the applications: one for all workers.
    if (!config.admin.address.empty()) {
        listeners.push_back(
            {.address = config.admin.address, .mode = config.admin.mode, .shared = true});
    }
    if (!config.backdoor.empty())
        listeners.push_back({.address = config.backdoor, .mode = "0600", .shared = true});
    return listeners;
}

Generation generation_of(Common common, const AutoWorkers& workers, MasterLog& log) {
    const Config& config = *common.config;
    std::vector<std::string> faults;
    const std::optional<Identity> identity = identity_to_become(config, *common.sources, faults);
    if (!faults.empty()) throw ConfigError{std::move(faults)};
    Generation generation;
    generation.listeners = listeners_of(config);
    if (!config.admin.address.empty()) {
        generation.stand_in = {
            .listener = config.listen.size(),
            .run = [hosts = AdminHosts{config.admin.names}, identity, dumpable = config.dumpable](
                       const std::vector<int>& descriptors, FileDescriptor channel,
                       const Scoreboard& board) {
                if (identity) become(*identity, dumpable);
                return stand_in(descriptors, std::move(channel), board, hosts);
            }};
    }
    generation.log = log.open(config.log);
    if (identity) {
        common.logs = std::make_shared<WorkerLogs>(config.log, generation.log);
        generation.files = common.logs;
    }
    generation.workers = workers.count;
    if (!workers.reason.empty()) {
        generation.log(LogLevel::kInfo, "workers: \"auto\" is " + std::to_string(workers.count) +
                                            ": " + workers.reason);
    }
    generation.backlog = static_cast<int>(config.backlog);
    if (config.shutdown)
        generation.patience = *config.shutdown + config.drain_delay.value_or(Duration::zero());
    generation.unwind = config.unwind ? Timespan{*config.unwind + kTimeToName} : std::nullopt;
    generation.load = config.load;
    generation.blocking = config.log.blocking;
    generation.unresponsive = config.unresponsive;
    common.share = std::make_shared<FairShare>(generation.workers);
    generation.run_worker = [common = std::move(common)](Worker& worker) {
        return run_worker(common, worker);
    };
    return generation;
}

/// Says how many workers there are, and what the limit of open files leaves of max_connections: at the start once it is
/// served, so that the lines about listeners come first.
class StartLines {
public:
    explicit StartLines(MasterLog& log) : log_{log} {}

    void made(const Config& config, AutoWorkers workers, const ErrorLog& log) {
        workers_ = std::move(workers);
        const std::string why = possible_connections(config.max_connections).why;
        if (why.empty()) return;
        say_ = [log, why] { log(LogLevel::kWarn, "max_connections: " + why); };
        if (serves_) say();
    }
    void serves() {
        if (!std::exchange(serves_, true)) log_.say(master_line(workers_));
        say();
    }

private:
    void say() {
        if (const auto say = std::exchange(say_, {})) say();
    }

    MasterLog& log_;
    AutoWorkers workers_;
    std::function<void()> say_;
    bool serves_ = false;
};

// @param place  of the listener in the generation
std::string ready_line(const Config& config, const std::string& address, std::size_t place) {
    const bool own = place >= config.listen.size();
    const bool tls = !own && config.listen[place].tls;
    const bool admin = place == config.listen.size() && !config.admin.address.empty();
    const char* const scheme = address.starts_with("unix:") ? "" : tls ? "https://" : "http://";
    const char* const what = !own ? "listening" : admin ? "admin" : "backdoor";
    return std::string{"grove: "} + what + " on " + scheme + address;
}

// A file that was asked for must be had. The usual one is for whoever wants it: not where the folder cannot be written,
// nor beside another master of the same configuration.
std::unique_ptr<PidFile> pid_file_of(const Config& config) {
    if (config.pid_file.empty()) return nullptr;
    if (config.pid_file != Config::kUsualPidFile) return std::make_unique<PidFile>(config.pid_file);
    for (const std::string& path : usual_pid_files(config.place)) {
        try {
            if (can_be_made(path)) return std::make_unique<PidFile>(path);
        } catch (const std::exception&) {
            return nullptr;
        }
    }
    return nullptr;
}

// @param known  one whose stamp was taken before it was read
std::vector<WatchedFile> stamped(const std::vector<std::string>& paths, const WatchedFile& known) {
    std::vector<WatchedFile> files;
    for (const std::string& path : paths)
        files.push_back({path, path == known.path ? known.stamp : stamp_of(path)});
    return files;
}

/// Answers the master's questions, and tells what it says.
class ServeCommand {
public:
    ServeCommand(const std::function<Config(Sources& sources)>& read, bool watch, MasterLog& log)
        : read_{read}, watch_{watch}, log_{log}, lines_{log} {}

    int run(SignalInbox& signals);

private:
    Config read(Sources& sources) const {
        Config config = read_(sources);
        // A socket that was opened elsewhere is one queue: the workers can have none each.
        if (!manager_.sockets().empty()) config.accept = Accept::kShared;
        return config;
    }
    std::vector<MasterListener> load(Loading& loading) const {
        WatchedFile before;
        if (watch_ && config_) before = {config_->place, stamp_of(config_->place)};
        const Config config = read(loading.sources());
        loading.may_take(config.load);
        if (watch_) loading.watch(stamped(watched_files(config), before));
        open_config(config, loading.sources(), ticket_keys_);
        return listeners_of(config);
    }
    Generation make(std::shared_ptr<Sources> sources) {
        config_ = std::make_shared<Config>(read(*sources));
        const AutoWorkers workers = workers_of(*config_);
        Generation generation = generation_of(
            {.config = config_, .sources = std::move(sources), .ticket_keys = ticket_keys_},
            workers, log_);
        lines_.made(*config_, workers, generation.log);
        return generation;
    }
    void tell(MasterPhase phase, const std::string& status) {
        manager_.tell(phase, status);
        if (phase == MasterPhase::kServing) lines_.serves();
    }

    const std::function<Config(Sources& sources)>& read_;
    bool watch_;
    MasterLog& log_;
    StartLines lines_;
    ServiceManager manager_;
    // One for all generations: a reload leaves sessions as good as they are.
    std::shared_ptr<TlsTicketKeys> ticket_keys_ = std::make_shared<TlsTicketKeys>();
    std::shared_ptr<const Config> config_;  // the last that was made
};

int ServeCommand::run(SignalInbox& signals) {
    return run_master(
        signals,
        {.load = [this](Loading& loading) { return load(loading); },
         .make = [this](std::shared_ptr<Sources> sources) { return make(std::move(sources)); },
         .announce = [this](const std::string& address,
                            std::size_t place) { log_.say(ready_line(*config_, address, place)); },
         .refused = [this](const std::string& lines) { log_.say(lines); },
         .phase = [this](MasterPhase phase, const std::string& status) { tell(phase, status); },
         .alive_every = manager_.alive_every(),
         .alive = [this] { manager_.tell_alive(); },
         .output = &log_,
         .sockets = manager_.sockets(),
         .opened = [this] { return pid_file_of(*config_); }});
}

}  // namespace

int serve(const std::function<Config(Sources& sources)>& read, bool watch) {
    // To the end of the process, where a second TERM is to change nothing.
    static SignalInbox& signals = *new SignalInbox{SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGXFSZ};
    raise_open_files_limit();
    MasterLog log;
    const int exit_code = ServeCommand{read, watch, log}.run(signals);
    log.finish();
    return exit_code;
}
