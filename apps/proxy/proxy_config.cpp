#include "proxy_config.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include <grove/core/address.h>

namespace {

using Json = nlohmann::json;

[[noreturn]] void refuse(const std::string& key, const std::string& why) {
    throw std::invalid_argument{"\"" + key + "\" " + why};
}

// Numbers, letters and what else a host's name or address is spelt with; "[::1]" in brackets.
bool is_host(std::string_view host) {
    constexpr std::string_view kAllowed =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
        return !host.empty() && host.find_first_not_of("0123456789abcdefABCDEF:.") == host.npos;
    }
    return !host.empty() && host.find_first_not_of(kAllowed) == host.npos;
}

bool is_port(std::string_view port) {
    constexpr int kMost = 65535;
    int number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    return error == std::errc{} && end == port.data() + port.size() && number > 0 &&
           number <= kMost;
}

bool is_authority(std::string_view text, bool needs_port) {
    const std::size_t colon = text.find(':', text.starts_with('[') ? text.find(']') : 0);
    if (colon >= text.size()) return !needs_port && is_host(text);
    return is_host(text.substr(0, colon)) && is_port(text.substr(colon + 1));
}

// What would end it within a URL cannot stand in it.
bool is_socket_path(const std::string& path) {
    const bool plain = std::all_of(path.begin(), path.end(), [](char byte) {
        return byte > ' ' && byte < 0x7f && byte != '?' && byte != '#';
    });
    if (!plain || !path.starts_with('/') || path.find(":/") != path.npos) return false;
    if (path.find_first_not_of('/') == path.npos) return false;
    try {
        (void)grove::Address::unix_path(path);
    } catch (const std::invalid_argument&) {  // too long
        return false;
    }
    return true;
}

ProxyConfig::Upstream upstream_of(const std::string& text) {
    constexpr std::string_view kHttp = "http://";
    constexpr std::string_view kHttps = "https://";
    constexpr std::string_view kUnix = "unix:";
    if (text.starts_with(kUnix) && is_socket_path(text.substr(kUnix.size())))
        return {text, std::string{kHttp} + text + ":"};
    for (const std::string_view scheme : {kHttp, kHttps}) {
        if (text.starts_with(scheme) && is_authority(text.substr(scheme.size()), false))
            return {text, text};
    }
    if (is_authority(text, true)) return {text, std::string{kHttp} + text};
    refuse("upstreams",
           "has \"" + text +
               "\", must have HOST:PORT, unix:/PATH, http://HOST[:PORT] or https://HOST[:PORT]");
}

/// The members of one object, each of which is taken once.
class Members {
public:
    Members(Json object, std::string within)
        : left_(std::move(object)), within_{std::move(within)} {
        if (!left_.is_object()) refuse(within_, "must be an object");
    }

    /// null: it is absent
    Json take(const char* key) {
        known_ += (known_.empty() ? "" : ", ") + std::string{key};
        const auto found = left_.find(key);
        if (found == left_.end()) return Json(Json::value_t::discarded);
        Json value = std::move(*found);
        left_.erase(found);
        return value;
    }
    void done() const {
        if (left_.empty()) return;
        refuse(left_.begin().key(), "is not a key of " + within_ + ", must be one of " + known_);
    }

private:
    Json left_;
    std::string within_;
    std::string known_{};
};

bool absent(const Json& value) { return value.is_discarded(); }

void read_upstreams(const Json& value, ProxyConfig& config) {
    constexpr std::size_t kMost = 256;
    if (!value.is_array() || value.empty() || value.size() > kMost)
        refuse("upstreams", "must be a list of 1 to 256 texts, such as [\"127.0.0.1:9000\"]");
    for (const Json& one : value) {
        if (!one.is_string()) refuse("upstreams", "must be a list of texts");
        config.upstreams.push_back(upstream_of(one.get<std::string>()));
    }
}

void read_count(const char* key, const Json& value, std::size_t most, std::size_t& into) {
    if (absent(value)) return;
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > most)
        refuse(key, "must be a number from 0 to " + std::to_string(most));
    into = value.get<std::size_t>();
}

void read_host(const Json& value, ProxyConfig& config) {
    if (absent(value)) return;
    const std::string text = value.is_string() ? value.get<std::string>() : "";
    if (!is_authority(text, false))
        refuse("host", "must be \"keep\", \"upstream\", or a host with an optional port");
    config.host_rule = text == "keep"       ? HostRule::kKeep
                       : text == "upstream" ? HostRule::kUpstream
                                            : HostRule::kFixed;
    if (config.host_rule == HostRule::kFixed) config.host = text;
}

void read_time(const char* key, const Json& value, grove::Timespan& into) {
    constexpr double kMost = 86400;
    if (absent(value)) return;
    into.reset();
    if (value.is_null()) return;
    const double seconds = value.is_number() ? value.get<double>() : 0;
    if (!(seconds > 0 && seconds <= kMost))
        refuse(key, "must be seconds, above 0 and up to 86400, or null");
    into = std::chrono::duration_cast<grove::Duration>(std::chrono::duration<double>{seconds});
}

void read_timeouts(const Json& value, ProxyConfig& config) {
    if (absent(value)) return;
    Members members{value, "timeouts"};
    read_time("connect", members.take("connect"), config.connect);
    read_time("first_byte", members.take("first_byte"), config.first_byte);
    read_time("idle", members.take("idle"), config.idle);
    members.done();
}

}  // namespace

ProxyConfig read_proxy_config(std::string_view text) {
    constexpr std::size_t kMostKept = 10000;
    constexpr std::size_t kMostRetries = 255;
    ProxyConfig config;
    Members members{Json::parse(text), "proxy"};
    read_upstreams(members.take("upstreams"), config);
    read_count("keepalive", members.take("keepalive"), kMostKept, config.keepalive);
    const Json strip = members.take("strip");
    if (!absent(strip) && !strip.is_boolean()) refuse("strip", "must be true or false");
    config.strip = !absent(strip) && strip.get<bool>();
    read_host(members.take("host"), config);
    read_timeouts(members.take("timeouts"), config);
    read_count("retries", members.take("retries"), kMostRetries, config.retries);
    members.done();
    return config;
}
