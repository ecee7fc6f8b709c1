#include "work.h"

#include <algorithm>
#include <csignal>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <grove/core/errors.h>
#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/core/run_info.h>
#include <grove/core/signal.h>
#include <grove/http/mounts.h>
#include <grove/http/wsgi_server.h>
#include <grove/pool/pool.h>

#include "command_line.h"
#include "exit_codes.h"
#include "load_apps.h"
#include "logs.h"
#include "tls_contexts.h"

using namespace grove;
using namespace grove::http;

namespace {

using Servers = std::vector<std::unique_ptr<WsgiServer>>;
using Command = Worker::Command;

WsgiOptions options_of(const Config& config, const Worker& worker, const ErrorLog& error_log,
                       const AccessLog& access_log) {
    WsgiOptions options{
        // Of a queue that others take from too, one at a time: whoever is idle takes the next.
        .max_accept = config.accept == "shared" ? 1 : 100,
        .max_connections = config.max_connections,
        .stack_bytes = config.stack_bytes,
        .timeouts = config.timeouts,
        .limits = config.limits,
        .access_log = access_log,
        .error_log = error_log,
        .server_name = config.server_name,
        .server_header = config.server_header,
        .multiprocess = worker.count() > 1,
        .keepalive_requests = static_cast<std::uint32_t>(config.keepalive_requests),
    };
    if (config.pool != Limits::kUnbounded) {
        // One pool for all listeners: its size is what may run at once.
        options.spawn = std::make_shared<Pool>(static_cast<std::ptrdiff_t>(config.pool));
    }
    for (const AppConfig& app : config.apps) {  // one size fits the one that needs most
        options.stack_bytes = std::max(options.stack_bytes, app.stack_bytes);
    }
    return options;
}

Servers make_servers(const Config& config, const Worker& worker, const Application& application,
                     const WsgiOptions& options) {
    Servers servers;
    for (std::size_t place = 0; place < config.listen.size(); ++place) {
        WsgiOptions own = options;
        own.tls = make_tls_context(config.listen[place]);
        for (const int fd : worker.listeners()[place])
            servers.push_back(std::make_unique<WsgiServer>(Listener{fd}, application, own));
    }
    return servers;
}

void dump_greenlets(const ErrorLog& log) {
    for (const GreenletInfo& greenlet : greenlet_infos()) {
        std::string line = "greenlet " + std::to_string(greenlet.id) + " \"" + greenlet.name +
                           "\" " + greenlet.state;
        if (!greenlet.waits_for.empty()) line.append(" in ").append(greenlet.waits_for);
        const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(greenlet.age);
        log(LogLevel::kInfo,
            line.append(", ").append(std::to_string(age.count())).append(" ms old"));
        for (const std::string& frame : greenlet.stack) log(LogLevel::kInfo, "    " + frame);
    }
}

// Lets the hub look at all descriptors at least once: what was accepted is read.
void let_the_hub_poll() {
    const std::uint64_t rounds = get_hub().rounds();
    while (get_hub().rounds() < rounds + 2) sleep();
}

class Serving {
public:
    Serving(const Config& config, Servers& servers, ErrorLog log)
        : config_{config}, servers_{servers}, log_{std::move(log)} {}

    /// What the master says, and when it is a reason to end.
    void obey(Worker& worker) {
        for (;;) {
            const Command command = worker.next_command();
            if (command == Command::kDump) {
                dump_greenlets(log_);
                continue;
            }
            tell(command);
            if (command == Command::kQuit) return;
        }
    }

    void tell(Command command) {
        if (!reason_ || command == Command::kQuit) reason_ = command;
        if (command == Command::kQuit) {
            quit_.set();
            for (const auto& server : servers_) spawn([&] { server->stop(Duration::zero()); });
        }
        told_.set();
    }

    void until_told() {
        told_.wait();
        if (*reason_ == Command::kStop) drain();
        if (*reason_ == Command::kRetire) retire();
        stop(*reason_ == Command::kQuit ? Duration::zero() : config_.shutdown);
    }

private:
    void drain() {
        quit_.wait(config_.drain_delay.value_or(Duration::zero()));
        take_what_is_queued();
        log_(LogLevel::kInfo, "stop: the listeners are closed; " + std::to_string(running()) +
                                  " requests run or wait");
    }

    void retire() {
        take_what_is_queued();
        for (const auto& server : servers_) server->retire();
        log_(LogLevel::kInfo, "reload: " + std::to_string(open_connections()) +
                                  " connections are finished, then this worker ends");
        const Deadline deadline{config_.shutdown};
        for (const auto& server : servers_) {
            while (!quit_.is_set() && !server->join_connections(deadline.left())) {
                if (deadline.passed()) break;
            }
        }
        stop(Duration::zero());
    }

    void take_what_is_queued() {
        for (const auto& server : servers_) server->accept_queued();
        let_the_hub_poll();
    }

    // Nobody new first, on any listener; then one time-out for all that runs.
    void stop(Timespan timeout) {
        for (const auto& server : servers_) server->close();
        const Deadline deadline{timeout};
        for (const auto& server : servers_) server->stop(deadline.left());
    }

    std::size_t open_connections() const {
        std::size_t all = 0;
        for (const auto& server : servers_) all += server->connections();
        return all;
    }

    std::size_t running() const {
        std::size_t all = 0;
        for (const auto& server : servers_) all += server->requests_running();
        return all;
    }

    const Config& config_;
    Servers& servers_;
    ErrorLog log_;
    Event told_;
    Event quit_;
    std::optional<Command> reason_;
};

int serve_until_told(const Config& config, Worker& worker, const Application& application) {
    const Logs logs{config.log};
    Servers servers = make_servers(config, worker, application,
                                   options_of(config, worker, logs.error(), logs.access()));
    Serving serving{config, servers, logs.error()};
    // Sent to the worker itself: it ends as its master would have it end.
    const SignalHandler on_term{SIGTERM, [&] { serving.tell(Command::kStop); }};
    for (const auto& server : servers) server->start();
    const AnyGreenlet commands = spawn([&] { serving.obey(worker); });
    worker.ready();
    serving.until_told();
    commands.kill();
    return kExitClean;
}

}  // namespace

int work(const Config& config, Worker& worker) {
    std::signal(SIGPIPE, SIG_IGN);  // a log's reader may go; its writer goes on
    try {
        const Mounts mounts{load_apps(config, binary_directory().parent_path() / "lib/grove/apps")};
        return serve_until_told(config, worker, mounts);
    } catch (const ConfigError& error) {
        worker.refuse(error.what());
        return kExitUsage;
    } catch (const std::exception& error) {
        worker.refuse(std::string{"grove: "} + error.what());
        return kExitFailure;
    }
}
