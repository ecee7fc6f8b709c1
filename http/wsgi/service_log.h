// service_log.h - what a server tells the access log and the error log, and counts as answered.
//
// No call fails a request.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <grove/core/address.h>
#include <grove/core/duration.h>
#include <grove/core/run_info.h>
#include <grove/http/access_log.h>
#include <grove/http/metrics.h>
#include <grove/http/request_info.h>

#include "refusal_lines.h"
#include "request_limit.h"
#include "service_terms.h"

namespace grove::http {

class ClientSocket;
class Exchange;
class KeptRecord;
class RequestState;
struct Refusal;
struct WsgiOptions;

class ServiceLog final : public LimitHook {
public:
    /// Takes its options away. @param terms, metrics  must outlive it
    ServiceLog(const ServiceTerms& terms, ServerMetrics& metrics, WsgiOptions& options);

    // ---- requests that were answered, or refused
    void answered(Exchange& exchange) noexcept;
    /// The same of one whose connection goes on without the exchange: it is counted now, and its access line written
    /// later, by the record. @return null: there is no access log, or no memory
    [[nodiscard]] std::unique_ptr<KeptRecord> keep(Exchange& exchange) noexcept;
    /// Before the application had it. @param exchange  nullptr: there is no head yet
    void refused(ClientSocket& client, Exchange* exchange, Refusal refusal,
                 std::string_view request_id) noexcept;
    /// The application has run already, and threw a BadRequest or an HttpError.
    void refused_late(Exchange& exchange, const std::exception_ptr& error) noexcept;
    /// The client went in the middle of a head.
    void incomplete(ClientSocket& client) noexcept;

    // ---- connections that have no request yet
    void handshake_failed(const Address& peer, std::string_view why) noexcept;
    void unproxied(const Address& peer, std::string_view why) noexcept;
    /// By limits.connections_per_ip, which are `most`.
    void too_many_of(const Address& peer, std::size_t most) noexcept;

    // ---- what went wrong here
    void report(const std::string& context, std::exception_ptr error,
                const std::string& stack = {}) noexcept;
    /// By what the application threw.
    void failed(Exchange& exchange, const std::exception_ptr& error) noexcept;
    /// By timeouts.abandoned.
    void abandoned(Exchange& exchange) noexcept;
    /// By timeouts.request, or its set_timeout().
    void timed_out(Exchange& exchange) noexcept;
    /// Those that run, though they were killed. @throws std::bad_alloc
    void unended(const std::vector<RequestInfo>& requests);

    // ---- LimitHook
    std::vector<std::string> stack_of(const AnyGreenlet& greenlet) override {
        return stacks_.stack_of(greenlet);
    }
    void report_unkillable(RequestState& request, const AnyGreenlet& greenlet) noexcept override;

private:
    friend class KeptRecord;

    template <class MakeLine>
    void tell(RefusalLines& lines, LogLevel level, MakeLine make_line) noexcept;
    template <class MakeLine>
    void tell_refusal(LogLevel level, MakeLine make_line) noexcept;
    void log(LogLevel level, std::string_view line) noexcept { terms_.log(level, line); }
    Duration count(Exchange& exchange) noexcept;
    void log_access(Exchange& exchange, Duration duration) noexcept;
    void describe_request(AccessRecord& record, Exchange& exchange);
    void write_record(const AccessRecord& record) noexcept;

    const ServiceTerms& terms_;
    ServerMetrics& metrics_;
    const AccessLog access_log_;
    const std::function<std::vector<const void*>(const std::exception_ptr&)> throw_point_;
    const bool measures_durations_;
    StackReader stacks_;
    RefusalLines bad_requests_;  // of level info: a log without them must not lose the others
    RefusalLines unserved_;
    RefusalLines abandoned_{"requests that were abandoned"};  // bad requests must not hide them
};

}  // namespace grove::http
