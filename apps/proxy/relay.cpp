#include "relay.h"

#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <grove/http/log.h>
#include <grove/http/status.h>

#include "departure.h"
#include "exchange.h"
#include "forwarded_fields.h"
#include "gateway_error.h"
#include "tunnel.h"

namespace {

using grove::http::Body;
using grove::http::ClientAnswer;
using grove::http::ClientError;
using grove::http::Environ;
using grove::http::Headers;
using grove::http::LogLevel;
using grove::http::StartResponse;

constexpr int kSwitchingProtocols = 101;
constexpr std::size_t kWhole = 65536;  // an answer up to that goes as one text if it comes at once

std::string status_line(int status) {
    return std::to_string(status) + ' ' + std::string{grove::http::reason_phrase(status)};
}

Body join(Environ& request, StartResponse& start_response, ClientAnswer answer,
          const ProxyConfig& config) {
    request.release_slot();
    Headers fields = answer_fields(answer.headers());
    fields.emplace_back("Connection", "Upgrade");
    fields.emplace_back("Upgrade", "websocket");
    start_response(status_line(kSwitchingProtocols), std::move(fields));
    tunnel(request.upgrade(), answer.upgrade(), config.idle);
    return {};
}

std::size_t length_of(const ClientAnswer& answer) {
    const std::string_view text = answer.header("Content-Length");
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    return error == std::errc{} && end == text.data() + text.size() ? length : 0;
}

/// The body: a piece whenever the client has taken the last.
class Pulled {
public:
    /// @param departure  of an environ that outlives the body
    Pulled(std::unique_ptr<Departure> departure, ClientAnswer answer)
        : departure_{std::move(departure)}, answer_{std::move(answer)} {}

    /// Reads a piece ahead. @throws HttpError  there is none
    const std::optional<std::string>& begin() { return first_ = first(); }
    [[nodiscard]] std::optional<std::string> take_first() { return std::exchange(first_, {}); }
    [[nodiscard]] const ClientAnswer& answer() const noexcept { return answer_; }

    std::optional<std::string> operator()() {
        if (first_) return take_first();
        return begun_ ? next() : first();
    }

private:
    // The client has heard nothing yet: it can be told what happened.
    std::optional<std::string> first() {
        try {
            auto piece = next();
            begun_ = true;
            return piece;
        } catch (const ClientError& error) {
            grove::http::log(LogLevel::kWarn, error.what());
            throw gateway_error(error);
        }
    }
    std::optional<std::string> next() {
        return departure_->during([this] { return answer_.next(); });
    }

    std::unique_ptr<Departure> departure_;
    ClientAnswer answer_;
    std::optional<std::string> first_{};
    bool begun_ = false;
};

Body pass_on(StartResponse& start_response, Pulled body, bool head_only) {
    Headers fields = answer_fields(body.answer().headers());
    const std::size_t length = head_only ? 0 : length_of(body.answer());
    const bool may_be_there = length != 0 && length <= kWhole;
    const std::optional<std::string>* const first = may_be_there ? &body.begin() : nullptr;
    const bool is_there = first != nullptr && *first && (*first)->size() == length;
    start_response(status_line(body.answer().status()), std::move(fields));
    if (is_there) return *body.take_first();
    return body;
}

}  // namespace

Body relay(Peers& peers, Environ& request, StartResponse& start_response) {
    auto departure = std::make_unique<Departure>(request);
    ClientAnswer answer = Exchange{peers, request, *departure}.run();
    if (answer.status() == kSwitchingProtocols) {
        departure.reset();  // the tunnel has the connection
        return join(request, start_response, std::move(answer), peers.config());
    }
    return pass_on(start_response, Pulled{std::move(departure), std::move(answer)},
                   request["REQUEST_METHOD"] == "HEAD");
}
