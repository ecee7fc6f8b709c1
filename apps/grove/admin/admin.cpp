#include "admin.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <unistd.h>

#include "greenlet_report.h"
#include "metrics_text.h"

using namespace grove::http;
using namespace std::chrono_literals;

namespace {

constexpr const char* kText = "text/plain; charset=utf-8";
constexpr const char* kUnavailable = "503 Service Unavailable";

Body greenlets() {
    std::string text = "worker " + std::to_string(::getpid()) + '\n';
    for (const std::string& line : greenlet_lines()) text += line + '\n';
    return text;
}

Body answer(StartResponse& start_response, const char* status, const char* type, Body body) {
    start_response(status, {{"Content-Type", type}, {"Cache-Control", "no-store"}});
    return body;
}

// Few clients, and none that is slow on purpose.
WsgiOptions admin_options(const ErrorLog& log) {
    WsgiOptions options;
    options.max_accept = 1;  // the listener is all workers'
    options.max_connections = 100;
    options.timeouts = {.header = 10s, .body = 10s, .idle = 60s, .write = 10s, .request = 30s};
    options.limits.body = 65536;
    options.error_log = log;
    return options;
}

// A probe's path, answered; anything else is the caller's.
std::optional<Body> probe(Environ& request, StartResponse& start_response,
                          const Scoreboard& board) {
    const std::string_view path = request["PATH_INFO"];
    if (path == "/healthz") return answer(start_response, "200 OK", kText, "ok\n");
    if (path != "/readyz") return std::nullopt;
    if (board.draining()) return answer(start_response, kUnavailable, kText, "draining\n");
    if (board.totals().ready == 0)
        return answer(start_response, kUnavailable, kText, "no worker answers\n");
    return answer(start_response, "200 OK", kText, "ok\n");
}

}  // namespace

Application admin_application(const Scoreboard& board, CertificateExpiries expiries) {
    return [&board, expiries = std::move(expiries)](Environ& request,
                                                    StartResponse& start_response) -> Body {
        const std::string_view path = request["PATH_INFO"];
        const bool known =
            path == "/healthz" || path == "/readyz" || path == "/metrics" || path == "/greenlets";
        if (!known) return answer(start_response, "404 Not Found", kText, "Not Found\n");
        const std::string_view method = request["REQUEST_METHOD"];
        if (method != "GET" && method != "HEAD") {
            start_response("405 Method Not Allowed",
                           {{"Content-Type", kText}, {"Allow", "GET, HEAD"}});
            return "Method Not Allowed\n";
        }
        if (path == "/metrics") {
            return answer(start_response, "200 OK", "text/plain; version=0.0.4; charset=utf-8",
                          metrics_text(board, expiries));
        }
        if (path == "/greenlets") return answer(start_response, "200 OK", kText, greenlets());
        return *probe(request, start_response, board);
    };
}

Application stand_in_application(const Scoreboard& board) {
    return [&board](Environ& request, StartResponse& start_response) -> Body {
        if (auto answered = probe(request, start_response, board)) return std::move(*answered);
        return answer(start_response, kUnavailable, kText, "no worker answers\n");
    };
}

std::vector<std::unique_ptr<WsgiServer>> start_admin(const std::vector<int>& descriptors,
                                                     const AdminHosts& hosts,
                                                     const Application& application,
                                                     const ErrorLog& log) {
    const Application guarded = only_for(hosts, application);
    std::vector<std::unique_ptr<WsgiServer>> servers;
    for (const int fd : descriptors) {
        servers.push_back(std::make_unique<WsgiServer>(Listener{fd}, guarded, admin_options(log)));
        servers.back()->start();
    }
    return servers;
}
