// proxy - passes requests on to other servers.
//
// config: {"upstreams": ["127.0.0.1:9000", "unix:/run/app.sock", "https://app.test"], "keepalive": 32, "strip": false,
// "host": "keep", "timeouts": {"connect": 2, "first_byte": 30, "idle": 60}, "retries": 1}. README.md tells what they mean.
#include <memory>
#include <string_view>

#include <grove/plugin.h>

#include "peers.h"
#include "proxy_config.h"
#include "relay.h"

namespace {

using namespace grove::http;

Application make_proxy(std::string_view config) {
    // Shared: an Application copies, and its copies have one Client.
    const auto peers = std::make_shared<Peers>(read_proxy_config(config));
    return [peers](Environ& request, StartResponse& start_response) {
        return relay(*peers, request, start_response);
    };
}

}  // namespace

GROVE_PLUGIN(proxy, "1.0", make_proxy);
