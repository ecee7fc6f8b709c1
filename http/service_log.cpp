// What a service tells the access log and the error log. Nothing here may fail a request.
#include <algorithm>
#include <exception>
#include <string>

#include <grove/core/errors.h>
#include <grove/http/status.h>

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

}  // namespace

void WsgiService::write_record(const AccessRecord& record) noexcept {
    try {
        options_.access_log(record);
    } catch (...) {
        report("the access log", std::current_exception());
    }
}

void WsgiService::log_response(Exchange& exchange) noexcept {
    if (!options_.access_log) return;
    const std::string remote = exchange.connection->peer().host();
    AccessRecord record;
    describe_head(record, exchange.head);
    record.remote_addr = remote;
    record.status = exchange.response.status();
    record.bytes = exchange.response.body_bytes();
    record.duration = get_hub().now() - exchange.began;
    write_record(record);
}

void WsgiService::log_handshake(const Address& peer, std::string_view why) noexcept {
    log(LogLevel::kDebug, "TLS with " + peer.text() + ": " + escaped(why));
}

void WsgiService::log_refused(Connection& connection, const Refusal& refusal) noexcept {
    log(LogLevel::kInfo, connection.peer().text() + ": " + std::to_string(refusal.status) + ": " +
                             std::string{refusal.why});
    if (!options_.access_log) return;
    const std::string remote = connection.peer().host();
    AccessRecord record;
    if (connection.exchange != nullptr) describe_head(record, connection.exchange->head);
    if (record.request_line.empty()) record.request_line = first_line(connection.input().bytes());
    record.remote_addr = remote;
    record.status = refusal.status;
    record.bytes = reason_phrase(refusal.status).size();
    write_record(record);
}

void WsgiService::log_incomplete(Connection& connection) noexcept {
    if (!options_.access_log || connection.input().empty()) return;
    const std::string remote = connection.peer().host();
    AccessRecord record;
    record.request_line = first_line(connection.input().bytes());
    record.remote_addr = remote;
    record.status = 400;
    write_record(record);
}

void WsgiService::log_bad_request(Exchange& exchange, const std::exception_ptr& error) noexcept {
    log(LogLevel::kInfo, exchange.connection->peer().text() + ": " + escaped(describe(error)));
}

void WsgiService::report_length(Exchange& exchange, std::string_view how) noexcept {
    log(LogLevel::kError, escaped(exchange.head.method) + " " + escaped(exchange.head.path) +
                              ": the application sent " + std::string{how} +
                              " than its Content-Length");
}

void WsgiService::report(const std::string& context, std::exception_ptr error) noexcept {
    if (options_.error_log) {
        log(LogLevel::kError, escaped(context) + ": " + escaped(describe(error)));
    } else {
        get_hub().handle_error(escaped(context), std::move(error));
    }
}

void WsgiService::log(LogLevel level, std::string_view line) noexcept {
    try {
        if (options_.error_log) {
            options_.error_log(level, line);
        } else if (level >= LogLevel::kInfo) {
            get_hub().handle_error(std::string{line}, nullptr);
        }
    } catch (...) {
        get_hub().handle_error("the error log", std::current_exception());
    }
}

}  // namespace grove::http
