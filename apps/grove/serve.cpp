#include "serve.h"

#include <algorithm>
#include <csignal>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <sys/stat.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/signal.h>
#include <grove/http/wsgi_server.h>
#include <grove/pool/pool.h>

#include "logs.h"
#include "tls_contexts.h"

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

// For the files of unix sockets that are made meanwhile: from their first moment on.
class SocketFileMode {
public:
    explicit SocketFileMode(const std::string& octal)
        : before_{octal.empty() ? std::nullopt
                                : std::optional{::umask(static_cast<mode_t>(
                                      0777U & ~std::stoul(octal, nullptr, 8)))}} {}
    ~SocketFileMode() {
        if (before_) ::umask(*before_);
    }
    SocketFileMode(const SocketFileMode&) = delete;
    SocketFileMode& operator=(const SocketFileMode&) = delete;

private:
    std::optional<mode_t> before_;
};

Servers start_servers(const Config& config, const Application& application,
                      const WsgiOptions& options) {
    Servers servers;
    for (const ListenConfig& listen : config.listen) {
        WsgiOptions own = options;
        own.tls = make_tls_context(listen);
        servers.push_back(std::make_unique<WsgiServer>(listen.address, application, own));
    }
    for (std::size_t i = 0; i < servers.size(); ++i) {
        const SocketFileMode mode{config.listen[i].mode};
        servers[i]->start();
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

// Better said than silently not done.
void tell_what_is_not_done(const Config& config) {
    const auto tell = [](const char* key) {
        std::cerr << "grove: warning: " << key << " has no effect in this version" << std::endl;
    };
    if (config.workers != 1) tell("/workers");
    if (!config.admin.empty()) tell("/admin");
    if (!config.trusted_proxies.empty()) tell("/trusted_proxies");
    if (config.drain_delay != Duration::zero()) tell("/timeouts/drain_delay");
    for (const ListenConfig& listen : config.listen) {
        if (listen.defer_accept) tell("/listen: \"defer_accept\"");
    }
}

void announce(const Servers& servers, const Config& config) {
    for (std::size_t i = 0; i < servers.size(); ++i) {
        const std::string address = servers[i]->address();
        const char* const scheme = address.starts_with("unix:") ? ""
                                   : config.listen[i].tls       ? "https://"
                                                                : "http://";
        std::cerr << "grove: listening on " << scheme << address << std::endl;
    }
}

// Serves until a signal asks for the end or a listener fails; then stops all of them.
// @throws what the listener failed of
void run_servers(const Servers& servers, const Config& config) {
    const Timespan shutdown = config.shutdown;
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
    announce(servers, config);
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
    tell_what_is_not_done(config);
    run_servers(start_servers(config, application, options), config);
}
