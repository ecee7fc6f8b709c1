#include "client_call.h"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <utility>
#include <variant>

#include "ascii.h"
#include "pulled_answer.h"
#include "request_fields.h"

namespace grove::http {
namespace {

using Kind = ClientError::Kind;

constexpr std::size_t kUsualHead = 512;

bool is_one_of(std::string_view method, std::initializer_list<std::string_view> methods) {
    return std::find(methods.begin(), methods.end(), method) != methods.end();
}

bool is_idempotent(std::string_view method) {
    return is_one_of(method, {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"});
}

RequestLength length_of(const Body::Content& body, std::optional<std::uint64_t> told,
                        std::string_view method) {
    std::uint64_t bytes = 0;
    if (std::holds_alternative<Body::Generator>(body))
        return told ? RequestLength{.bytes = told} : RequestLength{.chunked = true};
    if (const std::string* const text = one_text(body)) {
        bytes = text->size();
    } else if (const auto* const pieces = std::get_if<std::vector<std::string>>(&body)) {
        for (const std::string& piece : *pieces) bytes += piece.size();
    } else {
        bytes = std::get<OpenFile>(body).length;
    }
    // RFC 9110, section 8.6: a server may wait for the body of these.
    if (bytes == 0 && !is_one_of(method, {"POST", "PUT", "PATCH"})) return {};
    return {.bytes = bytes};
}

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::string value_of(const Headers& headers, std::string_view name) {
    const std::string* const value = find(headers, name);
    return value != nullptr ? *value : "";
}

}  // namespace

ClientCall::ClientCall(std::shared_ptr<ClientCore> core, ClientRequest request)
    : core_{std::move(core)}, request_{std::move(request)}, total_{request_.timeout} {
    check_request(request_.method, request_.headers);
    if (request_.length && !std::holds_alternative<Body::Generator>(request_.body.content()))
        throw std::invalid_argument{"Client: a length is told of a body that is not a generator"};
    try {
        asked_.url = parse_url(request_.url);
    } catch (const BadUrl& bad) {
        throw ClientError{Kind::kUrl, std::string{"Client: the URL cannot be used: "} + bad.what()};
    }
    asked_.method = std::move(request_.method);
}

ClientAnswer ClientCall::run() {
    const std::size_t most = core_->options().redirects;
    for (std::size_t followed = 0;; ++followed) {
        std::unique_ptr<PulledAnswer> answer = exchange();
        const std::string* const location = find(answer->headers(), "Location");
        if (most == 0 || !is_redirect(answer->status()) || location == nullptr)
            return ClientAnswer{std::move(answer)};
        asked_ = answer->asked();
        if (followed == most) refuse_redirect("more than " + std::to_string(most) + " redirects");
        follow(answer->status(), *location);
    }
}

std::unique_ptr<PulledAnswer> ClientCall::exchange() {
    const ClientOptions& options = core_->options();
    const std::string upgrade = value_of(request_.headers, "Upgrade");
    ConnectionKeeper::Lease lease = this->lease();
    bool kept = lease.connection() != nullptr;
    ClientError::Progress farthest = ClientError::Progress::kUnsent;
    for (;;) {
        if (!kept) connect(lease, farthest);
        Attempt attempt{*lease.connection(), options, total_, asked_, upgrade};
        try {
            attempt.send(head(), request_.body.content(), request_.length);
            body_begun_ = attempt.has_begun_body();
            ReceivedHead received = attempt.receive_head();
            return std::make_unique<PulledAnswer>(std::move(lease), std::move(received),
                                                  AnswerTerms{.asked = std::move(asked_),
                                                              .total = total_,
                                                              .body_time = options.body,
                                                              .head_bytes = options.head_bytes,
                                                              .decodes = wants_codings(),
                                                              .keeps = attempt.sent_all()});
        } catch (const ClientError& error) {
            farthest = std::max(farthest, attempt.progress());
            if (!kept || !may_send_again(attempt, error))
                throw ClientError{error.kind(), error.what(), farthest};
        }
        lease.drop();
        kept = false;
    }
}

ConnectionKeeper::Lease ClientCall::lease() {
    const Timespan timeout = earlier(core_->options().connect, total_.left());
    ConnectionKeeper::Lease lease = core_->keeper().lease(asked_.url.origin(), timeout);
    if (!lease) {
        throw ClientError{Kind::kTimeout, asked_.label() + ": timed out in the line for one of " +
                                              std::to_string(core_->options().per_host) +
                                              " connections (per_host)"};
    }
    return lease;
}

// An attempt before may have reached the peer.
void ClientCall::connect(ConnectionKeeper::Lease& lease, ClientError::Progress before) {
    try {
        lease.set(core_->dial(asked_, earlier(core_->options().connect, total_.left())));
    } catch (const ClientError& error) {
        throw ClientError{error.kind(), error.what(), std::max(before, error.progress())};
    }
}

// The server may have closed the connection while it was unused; what it never saw, or does no harm twice, is sent
// again (RFC 9112, section 9.3.1).
bool ClientCall::may_send_again(const Attempt& attempt, const ClientError& error) const {
    if (error.kind() != Kind::kClosed || !attempt.heard_nothing() || attempt.has_begun_body())
        return false;
    if (attempt.wrote_nothing()) return true;
    return is_idempotent(asked_.method) &&
           !std::holds_alternative<Body::Generator>(const_cast<Body&>(request_.body).content());
}

std::string ClientCall::head() const {
    std::string head;
    head.reserve(kUsualHead);
    const Body::Content& body = const_cast<Body&>(request_.body).content();
    append_request_head(
        head, asked_.method, asked_.url, request_.headers,
        length_of(body, request_.length, asked_.method),
        {.user_agent = core_->options().user_agent, .accepts_codings = wants_codings()});
    return head;
}

// Ranges of a coded body could not be decoded.
bool ClientCall::wants_codings() const {
    return core_->options().decompress && find(request_.headers, "Accept-Encoding") == nullptr &&
           find(request_.headers, "Range") == nullptr;
}

void ClientCall::follow(int status, std::string_view location) {
    Url& url = asked_.url;
    Url next;
    try {
        next = resolve_reference(url, location);
    } catch (const BadUrl& bad) {
        refuse_redirect(std::string{"to a Location that cannot be used: "} + bad.what());
    }
    if (url.tls && !next.tls) refuse_redirect("from https to http");
    if (!next.socket.empty() && next.socket != url.socket) refuse_redirect("to a unix socket");
    const bool is_get =
        status == 303 ? asked_.method != "HEAD" : status <= 302 && asked_.method == "POST";
    if (is_get) become_get();
    if (body_begun_) refuse_redirect("with a generator that has begun");
    if (next.origin() != url.origin()) leave_origin();
    url = std::move(next);
}

void ClientCall::become_get() {
    asked_.method = "GET";
    request_.body = Body{};
    request_.length.reset();
    body_begun_ = false;
    std::erase_if(request_.headers, [](const auto& field) {
        constexpr std::string_view kContent = "content-";
        return matches(std::string_view{field.first}.substr(0, kContent.size()), kContent);
    });
}

// What is meant for one server alone; it stays away if the chain comes back.
void ClientCall::leave_origin() {
    std::erase_if(request_.headers, [](const auto& field) {
        const std::string& name = field.first;
        return matches(name, "authorization") || matches(name, "cookie") ||
               matches(name, "proxy-authorization") || matches(name, "host");
    });
}

void ClientCall::refuse_redirect(const std::string& why) const {
    throw ClientError{Kind::kRedirect, asked_.label() + ": a redirect is not followed: " + why,
                      ClientError::Progress::kAnswered};
}

}  // namespace grove::http
