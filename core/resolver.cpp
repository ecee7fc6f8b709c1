#include <grove/core/resolver.h>

#include <functional>
#include <memory>
#include <new>
#include <system_error>
#include <thread>
#include <utility>

#include <netdb.h>
#include <sys/socket.h>

#include <grove/core/connect.h>

#include "connect_race.h"
#include "lookups.h"

namespace grove {
namespace {

// gai_strerror's numbers.
class ResolverCategory final : public std::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "resolver"; }
    [[nodiscard]] std::string message(int code) const override { return ::gai_strerror(code); }
};

const ResolverCategory& resolver_category() noexcept {
    static const ResolverCategory instance;
    return instance;
}

FoundAddresses look_up(const std::string& host, int flags) noexcept {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    addrinfo* found = nullptr;
    FoundAddresses result{.error = ::getaddrinfo(host.c_str(), "0", &hints, &found)};
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned{found, &::freeaddrinfo};
    try {
        for (const addrinfo* one = found; one != nullptr; one = one->ai_next)
            result.addresses.emplace_back(one->ai_addr, one->ai_addrlen);
    } catch (const std::bad_alloc&) {
        result.error = EAI_MEMORY;
    }
    return result;
}

// Never destroyed: its threads may outlive main().
Lookups& lookups() {
    static Lookups& instance = *new Lookups{
        [](const std::string& host) { return look_up(host, AI_ADDRCONFIG); },
        [](std::function<void()> function) { std::thread{std::move(function)}.detach(); }};
    return instance;
}

}  // namespace

std::vector<Address> resolve(const std::string& host, std::uint16_t port, Timespan timeout) {
    FoundAddresses found = look_up(host, AI_NUMERICHOST);
    if (found.error == EAI_NONAME) found = lookups().wait_for(host, timeout);
    if (found.error != 0) {
        throw std::system_error{found.error, resolver_category(),
                                "cannot resolve \"" + host + "\""};
    }
    if (found.addresses.empty())
        throw std::system_error{EAI_NODATA, resolver_category(), "no address of \"" + host + "\""};
    for (Address& address : found.addresses) address = address.with_port(port);
    return std::move(found.addresses);
}

Stream connect(const std::string& host, std::uint16_t port, Timespan timeout) {
    const Deadline deadline{timeout};
    const std::vector<Address> addresses = resolve(host, port, deadline.left());
    if (addresses.size() == 1) return connect(addresses.front(), deadline.left());
    return ConnectRace{host, by_turns(addresses)}.run(deadline);
}

}  // namespace grove
