// through_proxy.h - a proxy in the test's own process, between clients and a scripted upstream.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "apps/proxy/peers.h"
#include "apps/proxy/relay.h"
#include "scripted_server.h"
#include "served_application.h"

namespace grove::test {

inline ProxyConfig to_upstreams(const std::vector<std::string>& urls, ProxyConfig config = {}) {
    for (const std::string& url : urls) config.upstreams.push_back({url, url});
    return config;
}

/// A server that gives a request to its application before the body is there.
inline http::WsgiOptions at_once() {
    http::WsgiOptions options;
    options.limits.body_buffer = 0;
    return options;
}

/// A proxy, and clients of it.
struct Proxy {
    explicit Proxy(ProxyConfig config, http::WsgiOptions options = {})
        : peers{std::move(config)},
          served{[this](http::Environ& request, http::StartResponse& start_response) {
                     return relay(peers, request, start_response);
                 },
                 std::move(options)} {}

    /// Nothing is left of any request, and no connection to an upstream but `kept` unused ones.
    bool settled(std::size_t kept = 0) {
        const Deadline deadline{kPatience};
        while ((peers.client().connections() != kept || served.server.requests_running() != 0) &&
               !deadline.passed())
            sleep(std::chrono::milliseconds{1});
        return peers.client().connections() == kept && served.server.requests_running() == 0;
    }

    Peers peers;
    ServedApplication served;
};

/// The same with one upstream.
struct ThroughProxy {
    explicit ThroughProxy(std::function<void(Peer&)> script, ProxyConfig config = {},
                          http::WsgiOptions options = {})
        : upstream{std::move(script)},
          proxy{to_upstreams({upstream.url("")}, std::move(config)), std::move(options)} {}

    ScriptedServer upstream;
    Proxy proxy;
};

}  // namespace grove::test
