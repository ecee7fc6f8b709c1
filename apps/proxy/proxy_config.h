// proxy_config.h - what the configuration says of a proxy.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <grove/core/duration.h>

/// What a Host field is to be.
enum class HostRule {
    kKeep,      ///< As the client sent it.
    kUpstream,  ///< The upstream's own.
    kFixed,     ///< A text.
};

struct ProxyConfig {
    struct Upstream {
        std::string name{};  ///< As it was written.
        std::string url{};   ///< A target behind it makes a Client's URL of it.
    };

    std::vector<Upstream> upstreams{};  ///< At least one.
    std::size_t keepalive = 32;         ///< Unused connections that are kept, to all of them.
    bool strip = false;                 ///< The mount is taken off the path.
    HostRule host_rule = HostRule::kKeep;
    std::string host{};  ///< Of HostRule::kFixed.
    grove::Timespan connect = std::chrono::seconds{2};
    grove::Timespan first_byte = std::chrono::seconds{30};
    grove::Timespan idle = std::chrono::seconds{60};
    std::size_t retries = 1;  ///< Other upstreams that a request may go to.
};

/// @param config  JSON. @throws std::exception that names the key and what is allowed
ProxyConfig read_proxy_config(std::string_view config);
