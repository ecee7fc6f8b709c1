// What a service tells the access log and the error log. Nothing here may fail a request.
#include <algorithm>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <grove/core/errors.h>
#include <grove/core/greenlet.h>
#include <grove/core/run_info.h>
#include <grove/http/status.h>

#include "client_address.h"
#include "exchange.h"
#include "log_text.h"
#include "wsgi_service.h"

namespace grove::http {
namespace {

constexpr std::size_t kLoggedLine = 4096;

// From the method to the version, as the client sent it.
std::string_view request_line(const RequestHead& head) {
    constexpr std::string_view kVersion = " HTTP/1.x";
    if (head.method.empty() || head.target.empty()) return {};
    const char* const end = head.target.data() + head.target.size() + kVersion.size();
    return std::string_view{head.method.data(), static_cast<std::size_t>(end - head.method.data())};
}

std::string_view first_line(std::string_view bytes) {
    while (bytes.starts_with("\r\n")) bytes.remove_prefix(2);
    return bytes.substr(0, std::min(bytes.find_first_of("\r\n"), kLoggedLine));
}

std::string_view value_of(const RequestHead& head, std::string_view lower_name) {
    const Field* field = head.find(lower_name);
    return field != nullptr ? field->value : std::string_view{};
}

void describe_head(AccessRecord& record, const RequestHead& head) {
    record.request_line = request_line(head).substr(0, kLoggedLine);
    record.method = head.method;
    record.target = head.target;
    record.protocol = head.version_minor == 0 ? "HTTP/1.0" : "HTTP/1.1";
    record.referer = value_of(head, "referer");
    record.agent = value_of(head, "user-agent");
}

// Who asked for what, and which greenlet answered. Of the fields nothing but Host: they hold secrets.
// Not escaped yet.
std::string described(Exchange& exchange, const AnyGreenlet& greenlet = getcurrent()) {
    std::string text = std::string{exchange.head.method} + " ";
    text.append(exchange.head.path).append(" (");
    const std::string_view id = exchange.request_id();
    if (!id.empty()) text.append("request ").append(id).append(", ");
    const std::string_view mount = exchange.environ["SCRIPT_NAME"];
    if (!mount.empty()) text.append("mount ").append(mount).append(", ");
    text.append("greenlet \"").append(greenlet.name()).append("\"");
    const std::string remote = client_address(exchange);
    if (!remote.empty()) text.append(", from ").append(remote);
    if (!exchange.head.host.empty()) text.append(", host ").append(exchange.head.host);
    return text + ")";
}

// "; stack: innermost < its caller < ...", up to where the server called the application.
std::string joined(const std::vector<std::string>& stack) {
    std::string text;
    for (const std::string& frame : stack) {
        if (frame.starts_with("grove::http::WsgiHandler::")) break;
        text.append(text.empty() ? "; stack: " : " < ").append(shortened(frame));
    }
    return text;
}

LogLevel level_of(int status) noexcept { return status >= 500 ? LogLevel::kWarn : LogLevel::kInfo; }

}  // namespace

void WsgiService::write_record(const AccessRecord& record) noexcept {
    try {
        options_.access_log(record);
    } catch (...) {
        report("the access log", std::current_exception());
    }
}

template <class MakeLine>
void WsgiService::tell_refusal(LogLevel level, MakeLine make_line) noexcept {
    RefusalLines& lines = level == LogLevel::kInfo ? bad_requests_ : unserved_;
    if (lines.is_told(get_hub().loop().tick())) log(level, make_line() + lines.untold());
}

void WsgiService::log_response(Exchange& exchange) noexcept {
    const Duration duration =
        terms_.wants_time ? get_hub().now() - exchange.began : Duration::zero();
    metrics_->count_request(exchange.response.status());
    if (measures_durations_) metrics_->count_duration(duration);
    if (options_.access_log) log_access(exchange, duration);
}

// Apart: a function that has a string of its own guards its stack.
[[gnu::noinline]] void WsgiService::log_access(Exchange& exchange, Duration duration) noexcept {
    const std::string remote = client_address(exchange);
    AccessRecord record;
    describe_head(record, exchange.head);
    record.request_id = exchange.request_id();
    record.remote_addr = remote;
    record.status = exchange.response.status();
    record.bytes = exchange.response.body_bytes();
    record.duration = duration;
    write_record(record);
}

void WsgiService::log_handshake(const Address& peer, std::string_view why) noexcept {
    log(LogLevel::kDebug, "TLS with " + peer.text() + ": " + escaped(why));
}

void WsgiService::log_unproxied(const Address& peer, std::string_view why) noexcept {
    tell_refusal(LogLevel::kInfo, [&] { return peer.text() + ": refused: " + std::string{why}; });
}

void WsgiService::log_refused(Connection& connection, const Refusal& refusal,
                              std::string_view request_id) noexcept {
    metrics_->count_request(refusal.status);
    tell_refusal(level_of(refusal.status), [&] {
        std::string line = connection.client().peer().text() + ": ";
        const RequestHead* head =
            connection.exchange != nullptr ? &connection.exchange->head : nullptr;
        if (head != nullptr && !head->path.empty())
            line.append(escaped(head->method)).append(" ").append(escaped(head->path)).append(": ");
        line.append(std::to_string(refusal.status)).append(": ").append(refusal.why);
        if (!request_id.empty()) line.append(" (request ").append(request_id).append(")");
        return line;
    });
    if (!options_.access_log) return;
    const std::string remote = connection.exchange != nullptr ? client_address(*connection.exchange)
                                                              : connection.client().peer().host();
    AccessRecord record;
    record.request_id = request_id;
    if (connection.exchange != nullptr) describe_head(record, connection.exchange->head);
    if (record.request_line.empty())
        record.request_line = first_line(connection.client().input().bytes());
    record.remote_addr = remote;
    record.status = refusal.status;
    record.bytes = reason_phrase(refusal.status).size();
    write_record(record);
}

void WsgiService::log_incomplete(Connection& connection) noexcept {
    if (connection.client().input().empty()) return;
    metrics_->count_request(400);
    if (!options_.access_log) return;
    const std::string remote = connection.client().peer().host();
    AccessRecord record;
    record.request_line = first_line(connection.client().input().bytes());
    record.remote_addr = remote;
    record.status = 400;
    write_record(record);
}

void WsgiService::log_refusal(Exchange& exchange, int status,
                              const std::exception_ptr& error) noexcept {
    tell_refusal(level_of(status), [&] {
        std::string line = exchange.client->peer().text() + ": " + escaped(exchange.head.method);
        line.append(" ")
            .append(escaped(exchange.head.path))
            .append(": ")
            .append(escaped(describe(error)));
        const std::string_view id = exchange.request_id();
        if (!id.empty()) line.append(" (request ").append(id).append(")");
        return line;
    });
}

void WsgiService::report_failure(Exchange& exchange, const std::exception_ptr& error) noexcept {
    try {
        report(described(exchange), error,
               options_.throw_point ? joined(stacks_.names_of(options_.throw_point(error))) : "");
    } catch (const std::exception&) {  // no memory for the whole of it
        report("a request", error);
    }
}

void WsgiService::report_timeout(Exchange& exchange) noexcept {
    try {
        log(LogLevel::kWarn, escaped(described(exchange)) + ": cut off by timeouts.request" +
                                 joined(std::exchange(exchange.stack, {})));
    } catch (const std::exception&) {
        log(LogLevel::kWarn, "a request was cut off by timeouts.request");
    }
}

void WsgiService::report_unkillable(Exchange& exchange, const AnyGreenlet& greenlet) noexcept {
    constexpr const char* kWhat =
        ": goes on a second after timeouts.request: its client is reset, and the time-out is "
        "thrown again each second";
    metrics_->unkillable.add();
    try {
        log(LogLevel::kError,
            escaped(described(exchange, greenlet)) + kWhat + joined(stacks_.stack_of(greenlet)));
    } catch (const std::exception&) {
        log(LogLevel::kError, std::string_view{kWhat}.substr(2));
    }
}

void WsgiService::report_unended() noexcept {
    try {
        const std::vector<GreenletInfo> greenlets = greenlet_infos();
        for (const RequestInfo& request : requests()) {
            std::string line = request.method + " " + request.path + " has not ended";
            for (const GreenletInfo& greenlet : greenlets) {
                if (greenlet.id == request.greenlet)
                    line.append(", greenlet \"" + escaped(greenlet.name) + '"' +
                                joined(greenlet.stack));
            }
            log(LogLevel::kError, line);
        }
    } catch (const std::exception&) {
        log(LogLevel::kError, "requests have not ended");
    }
}

void WsgiService::report(const std::string& context, std::exception_ptr error,
                         const std::string& stack) noexcept {
    if (terms_.error_log) {
        log(LogLevel::kError, escaped(context) + ": " + escaped(describe(error)) + stack);
    } else {
        get_hub().handle_error(escaped(context), std::move(error));
    }
}

}  // namespace grove::http
