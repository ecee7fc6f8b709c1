#include "serve.h"

#include <algorithm>
#include <csignal>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <sys/resource.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/signal.h>
#include <grove/http/wsgi_server.h>
#include <grove/pool/pool.h>

#include "logs.h"

using namespace grove;
using namespace grove::http;

namespace {

using Servers = std::vector<std::unique_ptr<WsgiServer>>;

// A server wants as many connections as it is allowed to have.
void raise_open_files_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

WsgiOptions options_of(const Config& config, const Logs& logs) {
    WsgiOptions options{
        .backlog = static_cast<int>(config.backlog),
        .max_connections = config.max_connections,
        .stack_bytes = config.stack_bytes,
        .timeouts = config.timeouts,
        .limits = config.limits,
        .access_log = logs.access(),
        .error_log = logs.error(),
        .server_name = config.server_name,
        .server_header = config.server_header,
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

Servers start_servers(const Config& config, const Application& application,
                      const WsgiOptions& options) {
    Servers servers;
    for (const ListenConfig& listen : config.listen) {
        servers.push_back(std::make_unique<WsgiServer>(listen.address, application, options));
        servers.back()->start();
    }
    return servers;
}

// Nobody new first, on any listener; then one time-out for all that runs.
void stop_servers(const Servers& servers, Timespan timeout) {
    for (const auto& server : servers) {
        server->close();
    }
    const Deadline deadline{timeout};
    for (const auto& server : servers) {
        server->stop(deadline.left());
    }
}

void announce(const Servers& servers) {
    for (const auto& server : servers) {
        const std::string address = server->address();
        const char* const scheme = address.starts_with("unix:") ? "" : "http://";
        std::cerr << "grove: listening on " << scheme << address << std::endl;
    }
}

// Serves until a signal asks for the end or a listener fails; then stops all of them.
// @throws what the listener failed of
void run_servers(const Servers& servers, Timespan shutdown) {
    Event told;
    // They live until all is stopped: a second signal must change nothing.
    const SignalHandler on_term{SIGTERM, [&] { told.set(); }};
    const SignalHandler on_int{SIGINT, [&] { told.set(); }};
    std::exception_ptr failure;
    std::vector<AnyGreenlet> watchers;
    for (const auto& server : servers) {
        watchers.push_back(spawn([&, watched = server.get()] {
            try {
                watched->serve_forever(shutdown);
            } catch (const std::exception&) {
                failure = std::current_exception();
            }
            told.set();
        }));
    }
    announce(servers);
    told.wait();
    stop_servers(servers, shutdown);
    for (const AnyGreenlet& watcher : watchers) {
        watcher.join();
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
}

}  // namespace

void serve(const Config& config, const Application& application) {
    raise_open_files_limit();
    std::signal(SIGPIPE, SIG_IGN);  // a log's reader may go; its writer goes on
    const Logs logs{config.log};
    const WsgiOptions options = options_of(config, logs);
    run_servers(start_servers(config, application, options), config.shutdown);
}
