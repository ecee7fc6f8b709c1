#include "exchange.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include <grove/http/http_error.h>
#include <grove/http/log.h>

#include "forwarded_fields.h"
#include "gateway_error.h"
#include "target.h"

namespace {

using grove::http::Body;
using grove::http::ClientAnswer;
using grove::http::ClientError;
using grove::http::ClientRequest;
using grove::http::Environ;
using grove::http::HttpError;
using grove::http::LogLevel;

constexpr std::size_t kSmallBody = 65536;  // is received before an upstream is asked
constexpr std::size_t kStreamed = 32768;   // of a larger one

std::string target_of(const Environ& request, bool strip) {
    if (request["REQUEST_METHOD"] == "CONNECT") throw HttpError{400, "CONNECT is not passed on"};
    if (has_dot_segment(request["PATH_INFO"]))
        throw HttpError{400, "a path with the segment \".\" or \"..\" is not passed on"};
    auto target = upstream_target(request["REQUEST_URI"], strip ? request["SCRIPT_NAME"] : "");
    if (!target) throw HttpError{400, "a target without a path is not passed on"};
    return *std::move(target);
}

bool is_idempotent(std::string_view method) {
    constexpr std::array<std::string_view, 6> kMethods{"GET",   "HEAD", "OPTIONS",
                                                       "TRACE", "PUT",  "DELETE"};
    return std::find(kMethods.begin(), kMethods.end(), method) != kMethods.end();
}

}  // namespace

Exchange::Exchange(Peers& peers, Environ& request, Departure& departure)
    : peers_{peers},
      request_{request},
      departure_{departure},
      target_{target_of(request, peers.config().strip)} {}

ClientAnswer Exchange::run() {
    take_body();
    for (;;) {
        const auto upstream = peers_.upstreams().choose(tried_, Upstreams::Clock::now());
        tried_.push_back(*upstream);  // there is one, or may_ask_another() has said so
        try {
            ClientAnswer answer = ask(*upstream);
            peers_.upstreams().answered(*upstream);
            return answer;
        } catch (const ClientError& error) {
            if (error.kind() != ClientError::Kind::kUrl)
                grove::http::log(LogLevel::kWarn, error.what());
            if (blames_upstream(error)) peers_.failed(*upstream);
            if (!may_ask_another(error)) throw gateway_error(error);
        }
    }
}

ClientAnswer Exchange::ask(std::size_t upstream) {
    return departure_.during([&] { return peers_.client().send(request_to(upstream)); });
}

// A URL that is none says nothing of an upstream. Neither does one that lost its patience with a client who sends slowly:
// that client would have it left out for all others.
bool Exchange::blames_upstream(const ClientError& error) const {
    if (error.kind() == ClientError::Kind::kUrl) return false;
    return !begun_ || sent_ || error.progress() != ClientError::Progress::kSent;
}

// What did no harm, or does none twice, and can be sent again as a whole.
bool Exchange::may_ask_another(const ClientError& error) const {
    if (error.kind() == ClientError::Kind::kUrl || begun_) return false;
    const std::size_t most =
        std::min(peers_.config().retries + 1, peers_.config().upstreams.size());
    if (tried_.size() >= most) return false;
    if (error.progress() == ClientError::Progress::kAnswered) return false;
    return !error.reached() || is_idempotent(request_["REQUEST_METHOD"]);
}

void Exchange::take_body() {
    const auto text = request_.get("CONTENT_LENGTH");
    if (text) {
        std::uint64_t length = 0;
        std::from_chars(text->data(), text->data() + text->size(),
                        length);  // the server has read it
        length_ = length;
    }
    const bool chunked = !text && request_.get("HTTP_TRANSFER_ENCODING");
    streams_ = chunked || length_.value_or(0) > kSmallBody;
    if (streams_ || length_.value_or(0) == 0) return;
    small_body_ = std::make_shared<const std::string>(request_.input().read());
}

ClientRequest Exchange::request_to(std::size_t upstream) {
    ClientRequest sent{.method = std::string{request_["REQUEST_METHOD"]},
                       .url = peers_.config().upstreams[upstream].url + target_,
                       .headers = request_fields(request_, host())};
    if (streams_) {
        sent.body = [this] { return next_piece(); };
        sent.length = length_;
    } else if (small_body_ != nullptr) {
        sent.body = small_body_;
    } else if (asks_for_websocket(request_)) {
        sent.headers.emplace_back("Upgrade", "websocket");
    }
    return sent;
}

std::string_view Exchange::host() const {
    switch (peers_.config().host_rule) {
        case HostRule::kKeep:
            return request_["HTTP_HOST"];
        case HostRule::kUpstream:
            return {};
        case HostRule::kFixed:
            return peers_.config().host;
    }
    return {};
}

std::optional<std::string> Exchange::next_piece() {
    begun_ = true;
    std::string piece = request_.input().read_some(kStreamed);
    sent_ = piece.empty();
    if (sent_) return std::nullopt;
    return piece;
}
