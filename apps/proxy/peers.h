// peers.h - the upstreams of a proxy, as all its requests share them.
#pragma once

#include <cstddef>

#include <grove/http/client.h>

#include "proxy_config.h"
#include "upstreams.h"

/// Thread: its hub's.
class Peers {
public:
    explicit Peers(ProxyConfig config);

    [[nodiscard]] const ProxyConfig& config() const noexcept { return config_; }
    [[nodiscard]] grove::http::Client& client() noexcept { return client_; }
    [[nodiscard]] Upstreams& upstreams() noexcept { return upstreams_; }
    /// A line of the log tells of it if the upstream is off from now on.
    void failed(std::size_t upstream);

private:
    ProxyConfig config_;
    grove::http::Client client_;
    Upstreams upstreams_;
};
