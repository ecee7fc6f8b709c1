#include "newcomers.h"

#include <chrono>
#include <memory>
#include <utility>

#include <grove/core/hub.h>

#include "admission.h"
#include "open_connections.h"
#include "peer_rules.h"
#include "proxy_header.h"
#include "service_log.h"
#include "service_terms.h"

namespace grove::http {
namespace {

constexpr auto kBetweenLines = std::chrono::minutes{1};

void expire_greeting(ProxyGreeting& greeting) {
    greeting.drop("its PROXY header did not arrive within timeouts.header");
}

}  // namespace

Newcomers::Newcomers(const ServiceTerms& terms, ConnectionLimit& limit,
                     const ProxyGreeting::Parts& parts)
    : terms_{terms},
      limit_{limit},
      parts_{parts},
      greetings_{terms_.timeouts.header, expire_greeting} {}

void Newcomers::accept(FileDescriptor fd, const Address& peer) {
    const bool as_proxy = parts_.protocol != ProxyProtocol::kNone;
    if (!may_enter(fd, peer, as_proxy)) return;
    limit_.make_room();
    if (as_proxy) {
        auto greeting = std::make_unique<ProxyGreeting>(parts_, std::move(fd), peer);
        parts_.open.enter(peer);
        greetings_.push_back(*greeting);
        greeting.release()->look();
    } else {
        parts_.open.enter(peer);
        parts_.admission.begin(std::move(fd), peer, nullptr);
    }
}

bool Newcomers::may_enter(const FileDescriptor& fd, const Address& peer, bool as_proxy) {
    if (!as_proxy) {
        return terms_.limits.connections_per_ip == Limits::kUnbounded ||
               parts_.peers.admits(fd, peer, parts_.log);
    }
    if (terms_.is_trusted(peer, fd.get())) return true;
    parts_.log.unproxied(
        peer, "the peer is not in trusted_proxies, and proxy_protocol is for those only");
    return false;
}

bool Newcomers::give_one_up() noexcept {
    if (!limit_.give_one_up()) return false;
    const Timer::Instant now = get_hub().now();
    if (!told_of_files_ || now - *told_of_files_ >= kBetweenLines) {
        told_of_files_ = now;
        terms_.log(
            LogLevel::kWarn,
            "no further file may be opened (RLIMIT_NOFILE): the longest idle connections are "
            "closed for newcomers");
    }
    return true;
}

void Newcomers::drop_all() noexcept {
    while (!greetings_.empty()) greetings_.front().drop();
}

}  // namespace grove::http
