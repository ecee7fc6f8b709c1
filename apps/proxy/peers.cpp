#include "peers.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include <grove/core/tls.h>
#include <grove/http/log.h>

namespace {

using grove::http::ClientOptions;
using grove::http::LogLevel;

ClientOptions options_of(const ProxyConfig& config) {
    ClientOptions options{.per_host = std::numeric_limits<std::size_t>::max(),
                          .idle_total = config.keepalive,
                          .connect = config.connect,
                          .first_byte = config.first_byte,
                          .body = config.idle,
                          .decompress = false};
    const bool tls =
        std::any_of(config.upstreams.begin(), config.upstreams.end(),
                    [](const auto& upstream) { return upstream.url.starts_with("https:"); });
    // Now: OpenSSL reads files for it, and needs more than a handler's stack.
    if (tls) options.tls = grove::TlsContext::client();
    return options;
}

}  // namespace

Peers::Peers(ProxyConfig config)
    : config_{std::move(config)},
      client_{options_of(config_)},
      upstreams_{config_.upstreams.size()} {}

void Peers::failed(std::size_t upstream) {
    if (upstreams_.failed(upstream, Upstreams::Clock::now())) {
        grove::http::log(LogLevel::kWarn, "proxy: " + config_.upstreams[upstream].name +
                                              " has failed 3 times, and is asked again in 10 s");
    }
}
