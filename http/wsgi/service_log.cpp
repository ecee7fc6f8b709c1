#include "service_log.h"

#include <cstddef>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <grove/core/errors.h>
#include <grove/core/greenlet.h>
#include <grove/http/status.h>
#include <grove/http/wsgi_options.h>

#include "client_address.h"
#include "client_peer.h"
#include "client_socket.h"
#include "exchange.h"
#include "head_record.h"
#include "kept_record.h"
#include "log_text.h"
#include "refusal.h"
#include "report_text.h"
#include "too_many_lasting.h"
#include "traceparent.h"

namespace grove::http {
namespace {

std::string of_request(std::string_view id) {
    return id.empty() ? "" : " (request " + std::string{id} + ")";
}

// Of an answer that was thrown: what the log is told of it.
std::string text_of(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const TooManyLasting& refusal) {
        return refusal.why();
    } catch (...) {  // any other
        return describe(error);
    }
}

// Its text is its body, of any length, which may end as a line does.
std::string beginning_of(std::string text) {
    constexpr std::size_t kTold = 1024;  // bytes, as of a path that requests() tells
    if (text.ends_with('\n')) text.resize(text.size() - (text.ends_with("\r\n") ? 2 : 1));
    if (text.size() > kTold) text.replace(kTold, std::string::npos, "...");
    return text;
}

const char* limit_of(const RequestState& request) noexcept {
    return request.limited_by_application ? "set_timeout()" : "timeouts.request";
}

// No memory for it: the line does without.
std::string_view trace_of(Exchange& exchange) noexcept {
    if (exchange.terms.trace_ids == nullptr) return {};
    try {
        return traceparent_of(exchange);
    } catch (const std::exception&) {
        return {};
    }
}

LogLevel level_of(int status) noexcept { return status >= 500 ? LogLevel::kWarn : LogLevel::kInfo; }

}  // namespace

ServiceLog::ServiceLog(const ServiceTerms& terms, ServerMetrics& metrics, WsgiOptions& options)
    : terms_{terms},
      metrics_{metrics},
      access_log_{std::move(options.access_log)},
      throw_point_{std::move(options.throw_point)},
      measures_durations_{options.metrics != nullptr && options.measure_durations} {}

void ServiceLog::write_record(const AccessRecord& record) noexcept {
    try {
        access_log_(record);
    } catch (...) {
        report("the access log", std::current_exception());
    }
}

template <class MakeLine>
void ServiceLog::tell(RefusalLines& lines, LogLevel level, MakeLine make_line) noexcept {
    if (lines.is_told(get_hub().loop().tick())) log(level, make_line() + lines.untold());
}

template <class MakeLine>
void ServiceLog::tell_refusal(LogLevel level, MakeLine make_line) noexcept {
    tell(level == LogLevel::kInfo ? bad_requests_ : unserved_, level, make_line);
}

Duration ServiceLog::count(Exchange& exchange) noexcept {
    const Duration duration =
        terms_.wants_time ? get_hub().now() - exchange.began : Duration::zero();
    metrics_.count_request(exchange.response.status());
    if (measures_durations_) metrics_.count_duration(duration);
    return duration;
}

void ServiceLog::answered(Exchange& exchange) noexcept {
    const Duration duration = count(exchange);
    if (access_log_) log_access(exchange, duration);
}

std::unique_ptr<KeptRecord> ServiceLog::keep(Exchange& exchange) noexcept {
    (void)count(exchange);
    if (!access_log_) return nullptr;
    try {
        const std::string remote = client_address(exchange);
        AccessRecord record;
        record.remote_addr = remote;
        describe_request(record, exchange);
        return std::make_unique<KeptRecord>(*this, record, exchange.began);
    } catch (const std::exception&) {
        return nullptr;
    }
}

void ServiceLog::describe_request(AccessRecord& record, Exchange& exchange) {
    describe_head(record, exchange.head);
    record.request_id = exchange.request_id();
    record.trace = trace_of(exchange);
    record.status = exchange.response.status();
}

// Apart: a function that has a string of its own guards its stack.
[[gnu::noinline]] void ServiceLog::log_access(Exchange& exchange, Duration duration) noexcept {
    const std::string remote = client_address(exchange);
    AccessRecord record;
    describe_request(record, exchange);
    record.remote_addr = remote;
    record.bytes = exchange.response.body_bytes();
    record.duration = duration;
    write_record(record);
}

void ServiceLog::handshake_failed(const Address& peer, std::string_view why) noexcept {
    log(LogLevel::kDebug, "TLS with " + peer.text() + ": " + escaped(why));
}

void ServiceLog::unproxied(const Address& peer, std::string_view why) noexcept {
    tell_refusal(LogLevel::kInfo, [&] { return peer.text() + ": refused: " + std::string{why}; });
}

void ServiceLog::too_many_of(const Address& peer, std::size_t most) noexcept {
    tell_refusal(LogLevel::kWarn, [&] {
        return peer.host() + " has " + std::to_string(most) +
               " connections, which is limits.connections_per_ip: more are refused";
    });
}

void ServiceLog::refused(ClientSocket& client, Exchange* exchange, Refusal refusal,
                         std::string_view request_id) noexcept {
    metrics_.count_request(refusal.status);
    tell_refusal(level_of(refusal.status), [&] {
        std::string line = ClientPeer{client}.address().text() + ": ";
        const RequestHead* head = exchange != nullptr ? &exchange->head : nullptr;
        if (head != nullptr && !head->path.empty())
            line.append(escaped(head->method)).append(" ").append(escaped(head->path)).append(": ");
        line.append(std::to_string(refusal.status)).append(": ").append(refusal.why);
        return line + of_request(request_id);
    });
    if (!access_log_) return;
    const std::string remote =
        exchange != nullptr ? client_address(*exchange) : ClientPeer{client}.address().host();
    AccessRecord record;
    record.request_id = request_id;
    if (exchange != nullptr) {
        describe_head(record, exchange->head);
        record.trace = trace_of(*exchange);
    }
    if (record.request_line.empty()) record.request_line = first_line(client.input().bytes());
    record.remote_addr = remote;
    record.status = refusal.status;
    record.bytes = reason_phrase(refusal.status).size();
    write_record(record);
}

void ServiceLog::incomplete(ClientSocket& client) noexcept {
    if (client.input().empty()) return;
    metrics_.count_request(400);
    if (!access_log_) return;
    const std::string remote = ClientPeer{client}.address().host();
    AccessRecord record;
    record.request_line = first_line(client.input().bytes());
    record.remote_addr = remote;
    record.status = 400;
    write_record(record);
}

void ServiceLog::refused_late(Exchange& exchange, const std::exception_ptr& error) noexcept {
    tell_refusal(LogLevel::kInfo, [&] {
        return ClientPeer{*exchange.client}.address().text() + ": " +
               escaped(exchange.head.method) + " " + escaped(exchange.head.path) + ": " +
               escaped(beginning_of(text_of(error))) + of_request(exchange.request_id());
    });
}

void ServiceLog::failed(Exchange& exchange, const std::exception_ptr& error) noexcept {
    try {
        report(described(exchange, getcurrent()), error,
               throw_point_ ? joined(stacks_.names_of(throw_point_(error))) : "");
    } catch (const std::exception&) {  // no memory for the whole of it
        report("a request", error);
    }
}

void ServiceLog::abandoned(Exchange& exchange) noexcept {
    tell(abandoned_, LogLevel::kInfo, [&] {
        return escaped(described(exchange, getcurrent())) +
               ": its client has gone: ended by timeouts.abandoned";
    });
}

void ServiceLog::timed_out(Exchange& exchange) noexcept {
    try {
        log(LogLevel::kWarn, escaped(described(exchange, getcurrent())) + ": cut off by " +
                                 limit_of(exchange) + joined(std::exchange(exchange.stack, {})));
    } catch (const std::exception&) {
        log(LogLevel::kWarn, "a request was cut off by timeouts.request");
    }
}

void ServiceLog::report_unkillable(RequestState& request, const AnyGreenlet& greenlet) noexcept {
    constexpr const char* kWhat =
        ": its client is reset, and the time-out is thrown again each second";
    metrics_.unkillable.add();
    try {
        log(LogLevel::kError, escaped(described(request, greenlet)) + ": goes on a second after " +
                                  limit_of(request) + kWhat + joined(stacks_.stack_of(greenlet)));
    } catch (const std::exception&) {
        log(LogLevel::kError, std::string{"a request goes on after its time-out"} + kWhat);
    }
}

void ServiceLog::unended(const std::vector<RequestInfo>& requests) {
    const std::vector<GreenletInfo> greenlets = greenlet_infos();
    for (const RequestInfo& request : requests) {
        std::string line = request.method + " " + request.path +
                           stream_text(request.stream, ", stream ") + " has not ended";
        for (const GreenletInfo& greenlet : greenlets) {
            if (greenlet.id == request.greenlet) {
                line.append(", greenlet \"" + escaped(greenlet.name) + '"' +
                            joined(greenlet.stack));
            }
        }
        log(LogLevel::kError, line);
    }
}

void ServiceLog::report(const std::string& context, std::exception_ptr error,
                        const std::string& stack) noexcept {
    if (terms_.error_log) {
        log(LogLevel::kError, escaped(context) + ": " + escaped(describe(error)) + stack);
    } else {
        get_hub().handle_error(escaped(context), std::move(error));
    }
}

}  // namespace grove::http
