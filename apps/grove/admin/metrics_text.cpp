#include "metrics_text.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <grove/core/version.h>

#include "process_memory.h"

using namespace grove::http;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double seconds(grove::Duration duration) { return std::chrono::duration<double>{duration}.count(); }

MetricFamily counter(std::string name, std::string help, std::uint64_t value) {
    ClientMetric metric;
    metric.counter.value = static_cast<double>(value);
    return {std::move(name), std::move(help), MetricType::Counter, {metric}};
}

MetricFamily gauge(std::string name, std::string help, double value) {
    ClientMetric metric;
    metric.gauge.value = value;
    return {std::move(name), std::move(help), MetricType::Gauge, {metric}};
}

MetricFamily gauge(std::string name, std::string help, std::uint64_t value) {
    const double number =
        value == ServerMetrics::kUnbounded ? kInfinity : static_cast<double>(value);
    return gauge(std::move(name), std::move(help), number);
}

MetricFamily build_info() {
    MetricFamily family = gauge("grove_build_info", "What runs; always 1.", 1.0);
    family.metric.front().label = {{"version", GROVE_VERSION}};
    return family;
}

// As the access log has it: three digits, 000 where no status was sent.
std::string status_text(std::size_t status) {
    std::string text = std::to_string(status);
    return text.insert(0, 3 - text.size(), '0');
}

MetricFamily requests(const MetricTotals& totals) {
    MetricFamily family{"grove_requests_total",
                        "Requests by the status of their answer; 000: none was sent.",
                        MetricType::Counter,
                        {}};
    for (std::size_t status = 0; status < totals.requests.size(); ++status) {
        // That of a good answer is there from the start: a rate can be had of its first.
        if (totals.requests[status] == 0 && status != 200) continue;
        ClientMetric metric;
        metric.label = {{"status", status_text(status)}};
        metric.counter.value = static_cast<double>(totals.requests[status]);
        family.metric.push_back(std::move(metric));
    }
    return family;
}

MetricFamily websocket_messages(const MetricTotals& totals) {
    MetricFamily family{"grove_websocket_messages_total",
                        "Messages of WebSockets by their direction.",
                        MetricType::Counter,
                        {}};
    for (const auto& [direction, count] :
         {std::pair{"in", totals.websocket_messages_in}, {"out", totals.websocket_messages_out}}) {
        ClientMetric metric;
        metric.label = {{"direction", direction}};
        metric.counter.value = static_cast<double>(count);
        family.metric.push_back(std::move(metric));
    }
    return family;
}

MetricFamily websocket_closes(const MetricTotals& totals) {
    constexpr std::size_t kFirst = 1000;
    MetricFamily family{"grove_websocket_closes_total",
                        "WebSockets by the code that closed them; other: 3000 to 4999.",
                        MetricType::Counter,
                        {}};
    for (std::size_t index = 0; index < totals.websocket_closes.size(); ++index) {
        // That of a good end is there from the start: a rate can be had of its first.
        if (totals.websocket_closes[index] == 0 && index != 0) continue;
        const bool is_other = index + 1 == totals.websocket_closes.size();
        ClientMetric metric;
        metric.label = {{"code", is_other ? "other" : std::to_string(kFirst + index)}};
        metric.counter.value = static_cast<double>(totals.websocket_closes[index]);
        family.metric.push_back(std::move(metric));
    }
    return family;
}

MetricFamily http2_resets(const MetricTotals& totals) {
    MetricFamily family{"grove_http2_resets_total",
                        "Requests over HTTP/2 that were cut by RST_STREAM, by who sent that.",
                        MetricType::Counter,
                        {}};
    for (const auto& [by, count] : {std::pair{"client", totals.http2_client_resets},
                                    {"server", totals.http2_server_resets}}) {
        ClientMetric metric;
        metric.label = {{"by", by}};
        metric.counter.value = static_cast<double>(count);
        family.metric.push_back(std::move(metric));
    }
    return family;
}

// RFC 9113 section 7.
constexpr std::array kHttp2Codes{"NO_ERROR",
                                 "PROTOCOL_ERROR",
                                 "INTERNAL_ERROR",
                                 "FLOW_CONTROL_ERROR",
                                 "SETTINGS_TIMEOUT",
                                 "STREAM_CLOSED",
                                 "FRAME_SIZE_ERROR",
                                 "REFUSED_STREAM",
                                 "CANCEL",
                                 "COMPRESSION_ERROR",
                                 "CONNECT_ERROR",
                                 "ENHANCE_YOUR_CALM",
                                 "INADEQUATE_SECURITY",
                                 "HTTP_1_1_REQUIRED",
                                 "other"};

MetricFamily http2_goaways(const MetricTotals& totals) {
    MetricFamily family{"grove_http2_goaways_total",
                        "GOAWAY that named the last request of a connection, by its code.",
                        MetricType::Counter,
                        {}};
    static_assert(kHttp2Codes.size() == std::tuple_size_v<decltype(totals.http2_goaways)>);
    for (std::size_t code = 0; code < kHttp2Codes.size(); ++code) {
        // That of a good end is there from the start: a rate can be had of its first.
        if (totals.http2_goaways[code] == 0 && code != 0) continue;
        ClientMetric metric;
        metric.label = {{"code", kHttp2Codes[code]}};
        metric.counter.value = static_cast<double>(totals.http2_goaways[code]);
        family.metric.push_back(std::move(metric));
    }
    return family;
}

MetricFamily workers(const MetricTotals& totals) {
    MetricFamily family{
        "grove_workers",
        "Workers that answer, that are kept from it, and that finish what they have.",
        MetricType::Gauge,
        {}};
    for (const auto& [state, count] : {std::pair{"ready", totals.ready},
                                       {"blocked", totals.blocked},
                                       {"draining", totals.draining}}) {
        ClientMetric metric;
        metric.label = {{"state", state}};
        metric.gauge.value = static_cast<double>(count);
        family.metric.push_back(std::move(metric));
    }
    return family;
}

MetricFamily blocking(const MetricTotals& totals) {
    MetricFamily family = counter("grove_blocking_seconds_total",
                                  "How long workers were kept from answering.", std::uint64_t{0});
    family.metric.front().counter.value = seconds(totals.blocking);
    return family;
}

MetricFamily memory(const Scoreboard& board) {
    MetricFamily family{"grove_memory_bytes",
                        "Resident memory of each worker: its own, and what it may share.",
                        MetricType::Gauge,
                        {}};
    for (const pid_t pid : board.workers()) {
        const auto has = memory_of(pid);
        if (!has) continue;
        for (const auto& [kind, bytes] :
             {std::pair{"anonymous", has->anonymous}, {"shared", has->shared}}) {
            ClientMetric metric;
            metric.label = {{"worker", std::to_string(pid)}, {"kind", kind}};
            metric.gauge.value = static_cast<double>(bytes);
            family.metric.push_back(std::move(metric));
        }
    }
    return family;
}

MetricFamily lost_lines(const MetricTotals& totals) {
    MetricFamily family{"grove_log_lines_lost_total",
                        "Lines of workers' logs that could not be written.",
                        MetricType::Counter,
                        {}};
    for (const auto& [log, count] :
         {std::pair{"access", totals.access_lines_lost}, {"error", totals.error_lines_lost}}) {
        ClientMetric metric;
        metric.label = {{"log", log}};
        metric.counter.value = static_cast<double>(count);
        family.metric.push_back(std::move(metric));
    }
    return family;
}

MetricFamily certificates(const CertificateExpiries& expiries) {
    MetricFamily family{"grove_tls_certificate_expiry_seconds",
                        "When the first certificate under a name ends, in Unix time.",
                        MetricType::Gauge,
                        {}};
    for (const auto& [name, until] : expiries) {
        ClientMetric metric;
        metric.label = {{"name", name}};
        metric.gauge.value = std::chrono::duration<double>{until.time_since_epoch()}.count();
        family.metric.push_back(std::move(metric));
    }
    return family;
}

MetricFamily durations(const MetricTotals& totals) {
    ClientMetric metric;
    ClientMetric::Histogram& histogram = metric.histogram;
    for (std::size_t i = 0; i < totals.durations.size(); ++i) {
        histogram.sample_count += totals.durations[i];
        const double bound = i < ServerMetrics::kDurationBounds.size()
                                 ? seconds(ServerMetrics::kDurationBounds[i])
                                 : kInfinity;
        histogram.bucket.push_back({histogram.sample_count, bound});
    }
    histogram.sample_sum = seconds(totals.duration);
    return {"grove_request_duration_seconds",
            "From the complete head of a request to the end of its response.",
            MetricType::Histogram,
            {metric}};
}

// prometheus-cpp writes a help as it stands.
std::string escaped_help(const std::string& help) {
    std::string text;
    for (const char c : help) text.append(c == '\\' ? 2 : 1, c);
    return text;
}

// What applications count: what has one name stands together.
std::vector<MetricFamily> of_applications(const Scoreboard& board) {
    std::vector<MetricFamily> families;
    for (const CounterTotal& total : board.counter_totals()) {
        const CounterName& name = total.name;
        auto family =
            std::find_if(families.begin(), families.end(),
                         [&](const MetricFamily& known) { return known.name == name.name; });
        if (family == families.end()) {
            const MetricType type = name.is_gauge ? MetricType::Gauge : MetricType::Counter;
            family = families.insert(family, {name.name, escaped_help(name.help), type, {}});
        }
        ClientMetric metric;
        for (const auto& [label, value] : name.labels) metric.label.push_back({label, value});
        (name.is_gauge ? metric.gauge.value : metric.counter.value) = total.value;
        family->metric.push_back(std::move(metric));
    }
    return families;
}

}  // namespace

std::string metrics_text(const Scoreboard& board, const CertificateExpiries& expiries) {
    const MetricTotals totals = board.totals();
    std::vector<MetricFamily> families{
        build_info(),
        requests(totals),
        durations(totals),
        gauge("grove_requests_in_flight", "Requests that run or wait for a slot.",
              totals.in_flight),
        gauge("grove_connections", "Open connections, idle ones too.", totals.connections),
        gauge("grove_connections_idle", "Connections without a request.", totals.idle),
        gauge("grove_pool_size", "Requests that may run at once in all workers.", totals.pool_size),
        gauge("grove_pool_in_use", "Requests that hold a slot of a pool.", totals.pool_in_use),
        gauge("grove_requests_slow", "Requests without a slot, as their clients are slow.",
              totals.slow),
        gauge("grove_requests_detached", "Requests whose applications gave their slots back.",
              totals.detached),
        gauge("grove_event_streams", "Open event streams.", totals.event_streams),
        gauge("grove_websockets", "Open WebSockets.", totals.websockets),
        websocket_messages(totals),
        websocket_closes(totals),
        gauge("grove_http2_connections", "Open connections that speak HTTP/2.",
              totals.http2_connections),
        counter("grove_http2_streams_refused_total",
                "Requests over HTTP/2 that were refused by http2.streams.",
                totals.http2_streams_refused),
        http2_resets(totals),
        http2_goaways(totals),
        counter("grove_requests_unkillable_total",
                "Requests that went on a second after timeouts.request.", totals.unkillable),
        workers(totals),
        blocking(totals),
        lost_lines(totals),
        memory(board),
        certificates(expiries),
        counter("grove_workers_restarted_total", "Workers that were replaced after their end.",
                board.restarts()),
        gauge("grove_config_last_reload_successful", "1 unless the last reload changed nothing.",
              board.last_reload_successful() ? 1.0 : 0.0),
    };
    for (MetricFamily& family : of_applications(board)) families.push_back(std::move(family));
    return prometheus::TextSerializer{}.Serialize(families);
}
