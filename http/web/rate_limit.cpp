#include <grove/web/rate_limit.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <grove/core/detail/loop.h>
#include <grove/core/hub.h>
#include <grove/http/http_error.h>

#include "token_buckets.h"

namespace grove::web {
namespace {

constexpr std::size_t kNetwork = 8;  // bytes of a /64

/// What stands for `address`: itself, or its /64 in `network`.
std::string_view client_of(std::string_view address, std::array<char, kNetwork>& network) {
    if (address.find(':') == address.npos) return address;
    std::array<char, INET6_ADDRSTRLEN> text{};
    in6_addr bytes{};
    address = address.substr(0, address.find('%'));  // the zone of a link-local one
    if (address.size() >= text.size()) return address;
    std::copy(address.begin(), address.end(), text.begin());
    if (::inet_pton(AF_INET6, text.data(), &bytes) != 1 || IN6_IS_ADDR_V4MAPPED(&bytes))
        return address;
    std::memcpy(network.data(), &bytes, network.size());
    return {network.data(), network.size()};
}

class Limiter {
public:
    explicit Limiter(RateLimitOptions options)
        : key_{std::move(options.key)}, buckets_{options.rate, options.burst, options.table} {}

    /// @throws http::HttpError 429
    void admit(http::Environ& environ) {
        if (key_) {
            charge(bounded_key(key_(environ)));
            return;
        }
        std::array<char, kNetwork> network{};
        charge(client_of(environ["REMOTE_ADDR"], network));
    }

private:
    void charge(std::string_view client) {
        if (client.empty()) return;
        Hub& hub = get_hub();
        // The tick lags some milliseconds behind: it refuses nobody.
        if (buckets_.take(client, hub.loop().tick()) <= 0) return;
        const double wait = buckets_.take(client, hub.now());
        if (wait <= 0) return;
        constexpr double kMost = 1e9;
        const auto seconds = static_cast<long long>(std::min(std::ceil(wait), kMost));
        throw http::HttpError{429, "", {{"Retry-After", std::to_string(std::max(seconds, 1LL))}}};
    }

    const std::function<std::string(http::Environ&)> key_;
    TokenBuckets buckets_;
};

void check(const RateLimitOptions& options) {
    const char* wrong = nullptr;
    if (!std::isfinite(options.rate) || options.rate <= 0) wrong = "rate must be above 0";
    if (!std::isfinite(options.burst) || options.burst < 1) wrong = "burst must be at least 1";
    if (options.table == 0) wrong = "table must be at least 1";
    if (wrong != nullptr) throw std::invalid_argument{std::string{"rate_limit: "} + wrong};
}

}  // namespace

http::Middleware rate_limit(RateLimitOptions options) {
    check(options);
    // Shared: applications are copied, and all around which it stands count together.
    const auto limiter = std::make_shared<Limiter>(std::move(options));
    return [limiter](http::Application inner) -> http::Application {
        return [limiter, inner = std::move(inner)](http::Environ& environ,
                                                   http::StartResponse& start_response) {
            limiter->admit(environ);
            return inner(environ, start_response);
        };
    };
}

}  // namespace grove::web
