#include "run_worker.h"

#include <algorithm>
#include <csignal>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/core/semaphore.h>
#include <grove/http/connection_limit.h>
#include <grove/http/mount_options.h>
#include <grove/http/wsgi_server.h>
#include <grove/pool/pool.h>

#include "admin.h"
#include "admin_token.h"
#include "backdoor.h"
#include "command_lines.h"
#include "config_error.h"
#include "crash_notes.h"
#include "dump_lines.h"
#include "ending.h"
#include "exit_codes.h"
#include "greenlet_report.h"
#include "load_apps.h"
#include "logs.h"
#include "one_line.h"
#include "open_files.h"
#include "opened_config.h"
#include "pool_lines.h"
#include "throw_points.h"
#include "watched.h"
#include "worker_commands.h"

using namespace grove;
using namespace grove::http;

namespace {

// All of them if any has something of its own; else none, so that nobody looks for any.
std::vector<MountOptions> mounts_of(const Config& config) {
    std::vector<MountOptions> mounts;
    for (const AppConfig& app : config.apps) {
        MountOptions& own = mounts.emplace_back(app.own);
        if (app.pool != 0) own.pool = std::make_shared<Semaphore>(static_cast<int>(app.pool));
    }
    if (mounts == std::vector<MountOptions>(mounts.size())) return {};
    for (std::size_t i = 0; i < mounts.size(); ++i) mounts[i].path = config.apps[i].mount;
    return mounts;
}

WsgiOptions options_of(const Config& config, const Worker& worker, const ErrorLog& error_log,
                       const AccessLog& access_log) {
    WsgiOptions options{
        .connection_limit =
            std::make_shared<ConnectionLimit>(possible_connections(config.max_connections).count),
        .stack_bytes = config.stack_bytes,
        .timeouts = config.timeouts,
        .limits = config.limits,
        .access_log = access_log,
        .error_log = error_log,
        .server_name = config.server_name,
        .server_header = config.server_header,
        .multiprocess = worker.count() > 1,
        .keepalive_requests = static_cast<std::uint32_t>(config.keepalive_requests),
        .keep_alive_hint = config.keep_alive_hint,
        .abandoned_on_fin = config.abandoned_on_fin,
        .metrics = &worker.metrics(),
        .measure_durations = !config.admin.address.empty(),  // nobody could ask for them
        .request_ids = true,
        .throw_point = throw_point,
        .trusted_proxies = config.trusted_proxies,
        .forwarded = config.forwarded,
        .traceparent = config.traceparent,
        .drain_delay = config.drain_delay.value_or(Duration::zero()),
    };
    worker.metrics().pool_size.set(config.pool != Limits::kUnbounded ? config.pool
                                                                     : ServerMetrics::kUnbounded);
    if (config.pool != Limits::kUnbounded) {
        // One pool for all listeners: its size is what may run at once.
        options.spawn = std::make_shared<Pool>(static_cast<std::ptrdiff_t>(config.pool));
    }
    options.mounts = mounts_of(config);
    for (const AppConfig& app : config.apps)  // one size fits the one that needs most
        options.stack_bytes = std::max(options.stack_bytes, app.stack_bytes);
    return options;
}

bool is_shared(const Config& config, const ListenConfig& listen) {
    return config.accept == Accept::kShared || listen.address.starts_with("unix:");
}

void make_servers(Servers& servers, const OpenedConfig& opened, const Worker& worker,
                  FairShare& share, const Application& application, const WsgiOptions& options) {
    const auto others_first = [&servers, &share, index = worker.index()] {
        std::size_t open = 0;
        for (const auto& server : servers) open += server->connections();
        return share.exceeded(index, open);
    };
    const Config& config = opened.config;
    for (std::size_t place = 0; place < config.listen.size(); ++place) {
        WsgiOptions own = options;
        own.tls = opened.tls[place];
        own.h2c = config.listen[place].h2c;
        if (config.speaks_http2 && (own.tls != nullptr || own.h2c)) own.http2 = config.http2;
        own.proxy_protocol = config.listen[place].proxy_protocol;
        if (worker.count() > 1 && is_shared(config, config.listen[place])) {
            own.max_accept = 1;
            own.others_first = others_first;
        }
        for (const int fd : worker.listeners()[place])
            servers.push_back(std::make_unique<WsgiServer>(Listener::bound(fd), application, own));
    }
}

std::vector<const WsgiServer*> pointers_to(const Servers& servers) {
    std::vector<const WsgiServer*> all;
    for (const auto& server : servers) all.push_back(server.get());
    return all;
}

// A factory may have blocked what the worker is told by.
void let_signals_come() noexcept {
    sigset_t none;
    ::sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

int serve_until_told(const OpenedConfig& opened, Worker& worker, FairShare& share,
                     CrashNotes& crash_notes, Logs& logs, const Application& application) {
    const Config& config = opened.config;
    Servers servers;
    const WsgiOptions options = options_of(config, worker, logs.error(), logs.access());
    make_servers(servers, opened, worker, share, application, options);
    Servers admin;
    if (!config.admin.address.empty()) {
        admin = start_admin(
            worker.listeners()[config.listen.size()], AdminHosts{config.admin.names},
            only_with(config.admin.token, admin_application(worker.board(), opened.expiries)),
            logs.error());
    }
    Backdoor backdoor{
        config.backdoor.empty() ? std::vector<int>{} : worker.listeners().back(),
        {.pools = [&] { return pool_lines(worker.metrics(), config, options.mounts); },
         .level = [&logs] { return logs.level(); },
         .set_level = [&logs](LogLevel least) { logs.set_level(least); }},
        logs.error()};
    WorkerCommands commands{config, servers, admin, backdoor, logs, opened.identity.has_value()};
    for (const auto& server : servers) server->start();
    const AnyGreenlet obeying = spawn([&] { commands.obey(worker); });
    const CrashNotes::Servers blamed{crash_notes, pointers_to(servers)};
    const Watched watched{worker, pointers_to(servers)};
    worker.ready();
    commands.until_told();
    obeying.kill();
    return kExitClean;
}

void forget_told() noexcept {
    forget_dumps();
    forget_commands();
}

/// @param application  null when it returns; still there, in whole or in part, when it throws
int load_and_serve(const Common& common, Worker& worker, Application& application) {
    CrashNotes crash_notes{worker};
    const OpenedConfig opened = open_config(*common.config, *common.sources, common.ticket_keys);
    common.sources->close();  // there are private keys in it, and plugins are about to run
    if (opened.identity) become(*opened.identity, opened.config.dumpable);
    std::vector<std::string> faults;
    application =
        load_apps(opened.config, *opened.plugins, faults, [&worker](const PluginUse& use) {
            worker.loads("plugin \"" + use.plugin.app + "\" " + use.what + " (" + use.plugin.place +
                         ')');
        });
    worker.loads("");
    if (!faults.empty()) throw ConfigError{std::move(faults)};
    let_signals_come();
    Logs logs{opened.config.log, common.logs ? common.logs->take() : std::vector<FileDescriptor>{},
              common.logs ? worker.reader_request() : std::function<void()>{},
              &worker.notes().lost};
    const int exit_code =
        serve_until_told(opened, worker, *common.share, crash_notes, logs, application);
    application = nullptr;  // while there are logs: destructors may have something to say
    forget_told();          // of what on_dump() and on_command() were given, too
    return exit_code;
}

/// The greenlets that factories began may use what they made: it is destroyed when they have ended, or not at all.
int refuse(Worker& worker, std::string lines, int exit_code, Timespan unwind) {
    Ending ending;
    const bool all = ending.wait(unwind);
    for (const std::string& line : lines_of(ending.left()))
        lines += "\ngrove: would not end: " + one_line(line);
    worker.refuse(lines);
    if (!all) ::_exit(exit_code);
    return exit_code;
}

}  // namespace

int run_worker(const Common& common, Worker& worker) {
    const struct ToldByApplications {
        ~ToldByApplications() { forget_told(); }
    } told;  // what they keep goes when the applications have gone
    Application application;
    std::string fault;
    int exit_code = kExitFailure;
    try {
        get_hub();
        return load_and_serve(common, worker, application);
    } catch (const ConfigError& error) {
        fault = error.what();
        exit_code = kExitUsage;
    } catch (const std::exception& error) {
        fault = one_line(std::string{"grove: "} + error.what());
    }
    return refuse(worker, std::move(fault), exit_code, common.config->unwind);
}
