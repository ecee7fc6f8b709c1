#include <grove/http/environ.h>

#include <algorithm>
#include <array>
#include <span>
#include <stdexcept>
#include <streambuf>
#include <utility>

#include <grove/core/tls.h>
#include <grove/core/version.h>
#include <grove/http/headers.h>
#include <grove/http/input.h>

#include "answer_output.h"
#include "ascii.h"
#include "client_address.h"
#include "client_end.h"
#include "client_peer.h"
#include "client_watch.h"
#include "end_http.h"
#include "forwarded.h"
#include "leave_pool.h"
#include "log_text.h"
#include "path_info.h"
#include "request_limit.h"
#include "request_of.h"
#include "request_state.h"
#include "served_request.h"
#include "service_terms.h"
#include "traceparent.h"

namespace grove::http {
namespace {

using Value = std::optional<std::string_view>;

std::string_view keep(RequestState& request, std::string text) {
    return request.made.emplace_back(std::move(text));
}

/// What has to be made is made once for a request, however often it is asked for.
template <class Make>
Value made_once(Value& made, RequestState& request, Make make) {
    if (!made) made = keep(request, make());
    return made;
}

// "HTTP_ACCEPT_LANGUAGE" without "HTTP_" against "Accept-Language". A name that holds '_' itself matches
// nothing: it could pose as another field.
bool names_field(std::string_view key, std::string_view field) noexcept {
    if (key.size() != field.size()) return false;
    for (std::size_t at = 0; at < key.size(); ++at) {
        if (key[at] == '-') return false;  // a key is spelt with '_'
        const char expected = key[at] == '_' ? '-' : key[at];
        const char upper =
            field[at] >= 'a' && field[at] <= 'z' ? static_cast<char>(field[at] - 0x20) : field[at];
        if (upper != expected || field[at] == '_') return false;
    }
    return true;
}

bool is_hidden(std::string_view key) noexcept {
    // Proxy would become HTTP_PROXY, which programs take for their own setting ("httpoxy").
    return same(key, "PROXY") || same(key, "CONTENT_TYPE") || same(key, "CONTENT_LENGTH");
}

// Of several fields of one name.
std::string_view separator(std::string_view key) noexcept {
    return key == "COOKIE" || key == "COOKIE2" ? "; " : ",";
}

using ToldBy = std::string_view (*)(const RequestHead&, const TrustedProxies&, Forwarded);

// The proxy's word on the server that the client asked for. "": nothing that is believed
std::string_view told_of_server(RequestState& request, ToldBy told_by) {
    const ServiceTerms& terms = request.terms;
    if (terms.forwarded == Forwarded::kXForwarded || !ClientPeer{*request.client}.trusted(terms))
        return {};
    return told_by(request.head, terms.trusted, terms.forwarded);
}

// Apart: what finds no field has no guard to pay for.
[[gnu::noinline]] Value field_value(RequestState& request, std::string_view key) {
    if (is_hidden(key)) return std::nullopt;
    if (same(key, "HOST")) {
        const std::string_view told = told_of_server(request, forwarded_host);
        if (!told.empty()) return told;
    }
    if (same(key, "HOST") && request.head.absolute_target) return request.head.host;
    Value found;
    std::string* joined = nullptr;
    for (const Field& field : request.head.fields()) {
        if (!names_field(key, field.name)) continue;
        if (!found) {
            found = field.value;
            continue;
        }
        if (joined == nullptr) joined = &request.made.emplace_back(*found);
        joined->append(separator(key)).append(field.value);
    }
    return joined != nullptr ? Value{*joined} : found;
}

Value path_info(RequestState& request) { return path_info_of(request); }

Value remote_addr(RequestState& request) {
    const Value address = made_once(request.viewed.remote_addr, request,
                                    [&request] { return client_address(request); });
    return address->empty() ? std::nullopt : address;
}

// Absent for a proxy's client: nobody has told the client's port.
Value remote_port(RequestState& request) {
    const Address peer = ClientPeer{*request.client}.address();
    if (peer.family() == 0 || remote_addr(request) != peer.host()) return std::nullopt;
    return made_once(request.viewed.remote_port, request,
                     [&peer] { return std::to_string(peer.port()); });
}

Value url_scheme(RequestState& request) {
    const ServiceTerms& terms = request.terms;
    if (ClientPeer{*request.client}.trusted(terms)) {
        const std::string_view told =
            forwarded_scheme(request.head, terms.trusted, terms.forwarded);
        if (!told.empty()) return told;
    }
    return ClientPeer{*request.client}.tls() != nullptr ? "https" : "http";
}

Value request_id(RequestState& request) {
    const std::string_view id = request.request_id();
    return id.empty() ? std::nullopt : Value{id};
}

Value traceparent(RequestState& request) {
    const std::string_view text = traceparent_of(request);
    return text.empty() ? std::nullopt : Value{text};
}

Value server_name(RequestState& request) {
    const std::string& configured = request.terms.server_name;
    if (!configured.empty()) return configured;
    const std::string_view told = told_of_server(request, forwarded_host);
    if (told.starts_with('[')) return told.substr(1, told.find(']') - 1);
    if (!told.empty()) return told.substr(0, told.find(':'));
    return made_once(request.viewed.server_name, request, [&request] {
        std::string host = ClientPeer{*request.client}.local(request.terms).host();
        return host.empty() ? "localhost" : host;
    });
}

Value server_port(RequestState& request) {
    const std::string_view told = told_of_server(request, forwarded_port);
    if (!told.empty()) return told;
    if (!told_of_server(request, forwarded_host).empty())
        return url_scheme(request) == "https" ? "443" : "80";
    return made_once(request.viewed.server_port, request, [&request] {
        const auto port = ClientPeer{*request.client}.local(request.terms).port();
        return port != 0 ? std::to_string(port) : "80";
    });
}

Value content_length(RequestState& request) {
    const Field* field = request.head.find("content-length");
    return field != nullptr && !request.head.chunked ? Value{field->value} : std::nullopt;
}

// Null: there is nothing to be believed.
const TlsInfo* verified_client(RequestState& request) {
    const TlsInfo* const tls = ClientPeer{*request.client}.tls();
    return tls != nullptr && tls->peer_verified ? tls : nullptr;
}

Value client_verify(RequestState& request) {
    const TlsInfo* const tls = ClientPeer{*request.client}.tls();
    if (tls == nullptr) return std::nullopt;
    if (tls->peer_verified) return "SUCCESS";
    return tls->peer_fault.empty() ? "NONE" : keep(request, "FAILED:" + tls->peer_fault);
}

template <std::string TlsInfo::*kFact>
Value client_fact(RequestState& request) {
    const TlsInfo* const tls = verified_client(request);
    return tls != nullptr && !(tls->*kFact).empty() ? Value{tls->*kFact} : std::nullopt;
}

struct Key {
    std::string_view name;
    Value (*value)(RequestState&);
};

// Tells most keys of one length apart without a call.
constexpr bool may_be(std::string_view name, std::string_view key) noexcept {
    return name.size() == key.size() && name.back() == key.back();
}

// Searched in this order: first what a router, and a rate limit, ask for in each request.
constexpr std::array kKeys{
    Key{"REQUEST_METHOD", [](RequestState& x) -> Value { return x.head.method; }},
    Key{"PATH_INFO", path_info},
    Key{"REQUEST_URI", [](RequestState& x) -> Value { return x.head.target; }},
    // The router that answers sets it, and looks first for one above itself.
    Key{"grove.route", [](RequestState&) -> Value { return std::nullopt; }},
    Key{"REMOTE_ADDR", remote_addr},
    Key{"SCRIPT_NAME", [](RequestState&) -> Value { return ""; }},
    Key{"QUERY_STRING", [](RequestState& x) -> Value { return x.head.query; }},
    Key{"CONTENT_TYPE",
        [](RequestState& x) {
            return x.head.has_content_type ? Value{x.head.content_type} : std::nullopt;
        }},
    Key{"CONTENT_LENGTH", content_length},
    Key{"SERVER_NAME", server_name},
    Key{"SERVER_PORT", server_port},
    Key{"SERVER_PROTOCOL", [](RequestState& x) -> Value { return protocol_of(x.head); }},
    Key{"SERVER_SOFTWARE", [](RequestState&) -> Value { return "grove/" GROVE_VERSION; }},
    Key{"GATEWAY_INTERFACE", [](RequestState&) -> Value { return "CGI/1.1"; }},
    Key{"REMOTE_PORT", remote_port},
    Key{"wsgi.version", [](RequestState&) -> Value { return "1.0"; }},
    Key{"wsgi.url_scheme", url_scheme},
    Key{"wsgi.multithread", [](RequestState&) -> Value { return "false"; }},
    Key{"wsgi.multiprocess",
        [](RequestState& x) -> Value { return x.terms.multiprocess ? "true" : "false"; }},
    Key{"wsgi.run_once", [](RequestState&) -> Value { return "false"; }},
    Key{"wsgi.input_terminated", [](RequestState&) -> Value { return "true"; }},
    Key{"grove.request_id", request_id},
    Key{"grove.traceparent", traceparent},
    // mod_ssl's names.
    Key{"SSL_CLIENT_VERIFY", client_verify},
    Key{"SSL_CLIENT_S_DN", client_fact<&TlsInfo::peer_subject>},
    Key{"SSL_CLIENT_I_DN", client_fact<&TlsInfo::peer_issuer>},
    Key{"SSL_CLIENT_M_SERIAL", client_fact<&TlsInfo::peer_serial>},
    Key{"SSL_CLIENT_V_END", client_fact<&TlsInfo::peer_until>},
};

// Known to get() alone: it is large, and nobody's business who only looks at all there is.
constexpr std::string_view kClientCertificate = "SSL_CLIENT_CERT";

[[gnu::noinline]] Value client_certificate(RequestState& request) {
    if (verified_client(request) == nullptr) return std::nullopt;
    const std::string& pem = ClientPeer{*request.client}.certificate();
    return pem.empty() ? std::nullopt : Value{pem};
}

constexpr std::string_view kFieldPrefix = "HTTP_";

// Into `key`, whose memory is used again for the next one.
void set_key_of_field(std::string& key, std::string_view name) {
    key = kFieldPrefix;
    for (const char byte : name) {
        key += byte == '-'                  ? '_'
               : byte >= 'a' && byte <= 'z' ? static_cast<char>(byte - 0x20)
                                            : byte;
    }
}

using Visit = std::function<void(std::string_view key, std::string_view value)>;

// Each name once, also one that came in several fields: a client decides how many fields a name has.
void visit_fields(RequestState& request, const Visit& visit) {
    std::string key;
    const std::span<const Field> fields = request.head.fields();
    for (auto field = fields.begin(); field != fields.end(); ++field) {
        const std::string_view spelt = field->name;
        const auto is_same = [&](const Field& other) { return iequals(other.name, spelt); };
        if (spelt.find('_') != spelt.npos || iequals(spelt, "host")) continue;
        if (std::any_of(fields.begin(), field, is_same)) continue;
        set_key_of_field(key, spelt);
        if (request.find_override(key) != nullptr) continue;
        const std::string_view name = std::string_view{key}.substr(kFieldPrefix.size());
        if (const Value value = field_value(request, name)) visit(key, *value);
    }
    // Also without a Host field: the target, or a proxy, may tell.
    const Value host = field_value(request, "HOST");
    if (host && request.find_override("HTTP_HOST") == nullptr) visit("HTTP_HOST", *host);
}

// The last of each key. By number: `visit` may set more.
void visit_overrides(const RequestState& request, const Visit& visit) {
    const auto& set = request.overrides;
    for (std::size_t at = 0, count = set.size(); at < count; ++at) {
        const auto& [key, value] = set[at];
        if (key != kClientCertificate && request.find_override(key) == &value) visit(key, value);
    }
}

// wsgi.errors: whole lines to the error log.
class ErrorBuffer final : public std::streambuf {
public:
    explicit ErrorBuffer(const ServiceTerms& terms) : terms_{terms} {}
    ~ErrorBuffer() override { end_line(); }

protected:
    int_type overflow(int_type byte) override {
        if (byte == '\n') {
            end_line();
        } else if (byte != traits_type::eof()) {
            line_ += static_cast<char>(byte);
        }
        return traits_type::not_eof(byte);
    }

private:
    void end_line() {
        // What an application tells it often has from its client.
        if (!line_.empty()) terms_.log(LogLevel::kError, escaped(line_));
        line_.clear();
    }

    const ServiceTerms& terms_;
    std::string line_;
};

class ErrorStream final : public std::ostream {
public:
    explicit ErrorStream(const ServiceTerms& terms) : std::ostream{nullptr}, buffer_{terms} {
        rdbuf(&buffer_);
    }

private:
    ErrorBuffer buffer_;
};

}  // namespace

// No guard: nothing on its stack can be written past.
__attribute__((no_stack_protector)) std::optional<std::string_view> Environ::get(
    std::string_view key) const {
    if (!request_.overrides.empty()) {
        if (const std::string* const set = request_.find_override(key)) return *set;
    }
    if (begins_with(key, kFieldPrefix))
        return field_value(request_, key.substr(kFieldPrefix.size()));
    for (const Key& known : kKeys) {
        if (may_be(known.name, key) && same(known.name, key)) return known.value(request_);
    }
    return same(key, kClientCertificate) ? client_certificate(request_) : std::nullopt;
}

void Environ::set(std::string key, std::string value) {
    // Added, not exchanged: views of an earlier value stay valid.
    request_.overrides.emplace_back(std::move(key), std::move(value));
}

void Environ::for_each(const Visit& visit) const {
    for (const Key& known : kKeys) {
        if (request_.find_override(known.name) != nullptr) continue;
        if (const Value value = known.value(request_)) visit(known.name, *value);
    }
    visit_fields(request_, visit);
    visit_overrides(request_, visit);
}

std::map<std::string, std::string> Environ::items() const {
    std::map<std::string, std::string> items;
    for_each([&items](std::string_view key, std::string_view value) { items.emplace(key, value); });
    return items;
}

bool Environ::from_trusted_peer() const {
    return ClientPeer{*request_.client}.trusted(request_.terms);
}

Input& Environ::input() {
    if (!input_) input_.emplace(request_);
    return *input_;
}

ServedRequest& request_of(const Environ& asked) noexcept { return asked.request_; }

ServedRequest& end_http(Environ& environ) {
    ServedRequest& request = request_of(environ);
    if (!request.head.upgrade) throw std::logic_error{"upgrade: the client did not ask for it"};
    if (!request.body.complete() || request.body.poisoned() || request.body.being_read())
        throw std::logic_error{"upgrade: the request's body has not been read to its end"};
    request.response.begin_upgrade();
    AnswerOutput::flush(request);
    if (request.limit != nullptr && *request.limit) (*request.limit)->cancel();
    if (request.watch != nullptr) request.watch->stop_abandoning();
    return request;
}

Stream& Environ::upgrade() {
    end_http(*this);
    // What the environ says of the connection it must still say when that is another's.
    (void)ClientPeer{*request_.client}.trusted(request_.terms);  // is remembered
    for (const char* key :
         {"SERVER_NAME", "SERVER_PORT", "wsgi.url_scheme", "SSL_CLIENT_VERIFY", "SSL_CLIENT_S_DN",
          "SSL_CLIENT_I_DN", "SSL_CLIENT_M_SERIAL", "SSL_CLIENT_V_END", "SSL_CLIENT_CERT"}) {
        if (const auto value = get(key)) set(key, std::string{*value});
    }
    return request_.upgraded.emplace(ClientEnd{*request_.client}.release());
}

std::shared_ptr<void>& Environ::shared(std::string_view name) {
    const auto found = request_.handed_on.find(name);
    return found != request_.handed_on.end() ? found->second
                                             : request_.handed_on[std::string{name}];
}

void leave_pool(const Environ& asked, Lasting as) { request_of(asked).hook->leave_pool(as); }

void Environ::release_slot() { leave_pool(*this, Lasting::kRequest); }

void Environ::set_timeout(Timespan timeout) { request_.hook->set_timeout(timeout); }

Event& Environ::disconnected() {
    if (request_.ended() || request_.upgraded)
        throw std::logic_error{"disconnected: the connection is not the request's any more"};
    if (request_.limit == nullptr)  // who serves would not end this watch
        throw std::logic_error{"disconnected: the application has ended"};
    return (request_.watch != nullptr ? *request_.watch : request_.watch_client()).gone();
}

std::ostream& Environ::errors() {
    if (request_.errors == nullptr) request_.errors = std::make_unique<ErrorStream>(request_.terms);
    return *request_.errors;
}

}  // namespace grove::http
