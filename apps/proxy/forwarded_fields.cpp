#include "forwarded_fields.h"

#include <algorithm>
#include <array>

#include <grove/http/http_error.h>

#include "connection_options.h"

namespace {

using grove::http::Environ;
using grove::http::find;
using grove::http::Headers;
using grove::http::HttpError;
using grove::http::iequals;

constexpr std::string_view kPrefix = "HTTP_";

// Others make these: the client that sends them on, the server that has answered Expect, or this file.
constexpr std::array<std::string_view, 4> kMadeAnew{"Host", "Content-Length", "Content-Type",
                                                    "Expect"};

// "X_FORWARDED_FOR": "X-Forwarded-For"
std::string name_of(std::string_view key) {
    std::string name{key};
    bool within = false;
    for (char& byte : name) {
        if (byte == '_') byte = '-';
        const bool letter = byte >= 'A' && byte <= 'Z';
        if (letter && within) byte = static_cast<char>(byte + ('a' - 'A'));
        within = byte != '-';
    }
    return name;
}

bool tells_of_client(std::string_view name) {
    constexpr std::string_view kForwarded = "X-Forwarded-";
    return name.starts_with(kForwarded) || name == "Forwarded" || name == "X-Real-Ip";
}

void add_unless_there(Headers& fields, std::string_view name, std::string_view value) {
    if (!value.empty() && find(fields, name) == nullptr) fields.emplace_back(name, value);
}

void set(Headers& fields, std::string_view name, std::string_view value) {
    std::erase_if(fields, [name](const auto& field) { return iequals(field.first, name); });
    fields.emplace_back(name, value);
}

}  // namespace

Headers request_fields(const Environ& request, std::string_view host) {
    ConnectionOptions own;
    own.add(request["HTTP_CONNECTION"]);
    if (own.too_many()) throw HttpError{400, "Connection names too many fields"};
    const bool trusted = request.from_trusted_peer();
    Headers fields;
    fields.reserve(16);
    if (!host.empty()) fields.emplace_back("Host", host);
    request.for_each([&](std::string_view key, std::string_view value) {
        if (!key.starts_with(kPrefix)) return;
        std::string name = name_of(key.substr(kPrefix.size()));
        const bool made_anew =
            std::find(kMadeAnew.begin(), kMadeAnew.end(), name) != kMadeAnew.end();
        if (made_anew || own.has(name) || (!trusted && tells_of_client(name))) return;
        fields.emplace_back(std::move(name), value);
    });
    if (const auto type = request.get("CONTENT_TYPE"); type && !own.has("Content-Type"))
        fields.emplace_back("Content-Type", *type);
    add_unless_there(fields, "X-Forwarded-For", request["REMOTE_ADDR"]);
    add_unless_there(fields, "X-Forwarded-Proto", request["wsgi.url_scheme"]);
    add_unless_there(fields, "X-Forwarded-Host", request["HTTP_HOST"]);
    if (const auto id = request.get("grove.request_id")) set(fields, "X-Request-Id", *id);
    if (const auto trace = request.get("grove.traceparent")) set(fields, "Traceparent", *trace);
    return fields;
}

Headers answer_fields(const Headers& received) {
    ConnectionOptions own;
    for (const auto& [name, value] : received) {
        if (iequals(name, "Connection")) own.add(value);
    }
    if (own.too_many()) throw HttpError{502, "the upstream's Connection names too many fields"};
    Headers fields;
    fields.reserve(received.size() + 2);
    for (const auto& field : received) {
        if (!own.has(field.first)) fields.push_back(field);
    }
    return fields;
}

bool asks_for_websocket(const Environ& request) {
    if (!iequals(request["HTTP_UPGRADE"], "websocket")) return false;
    if (request["SERVER_PROTOCOL"] == "HTTP/1.0") return false;  // RFC 9110, section 7.8
    ConnectionOptions named;
    named.add(request["HTTP_CONNECTION"]);
    return named.names("Upgrade");
}
