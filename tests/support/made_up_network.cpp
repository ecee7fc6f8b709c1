#include "made_up_network.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>

#include <dlfcn.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace grove::test {
namespace {

Ipv6 of_environment() {
    const char* const value = std::getenv("GROVE_TEST_IPV6");
    const std::string_view how = value != nullptr ? value : "";
    return how == "absent" ? Ipv6::kAbsent : how == "disabled" ? Ipv6::kDisabled : Ipv6::kAsItIs;
}

Ipv6& ipv6() {
    static Ipv6 how = of_environment();
    return how;
}

struct Host {
    std::string_view name;
    std::array<const char*, 2> addresses;
};

constexpr std::array<Host, 5> kHosts{{{"two.test", {"127.0.0.1", "127.0.0.2"}},
                                      {"both.test", {"::1", "127.0.0.1"}},
                                      {"six.test", {"::1", nullptr}},
                                      {"twice.test", {"127.0.0.1", "127.0.0.1"}},
                                      {"far.test", {"127.0.0.1", "192.0.2.1"}}}};

using LookUp = int (*)(const char*, const char*, const addrinfo*, addrinfo**);

int real_look_up(const char* host, const char* port, const addrinfo* hints, addrinfo** found) {
    static const auto real = reinterpret_cast<LookUp>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    return real(host, port, hints, found);
}

}  // namespace

MadeUpIpv6::MadeUpIpv6(Ipv6 how) { ipv6() = how; }
MadeUpIpv6::~MadeUpIpv6() { ipv6() = of_environment(); }

}  // namespace grove::test

using grove::test::Ipv6;

extern "C" {

__attribute__((visibility("default"))) int socket(int domain, int type, int protocol) noexcept {
    if (domain == AF_INET6 && grove::test::ipv6() == Ipv6::kAbsent) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    return static_cast<int>(::syscall(SYS_socket, domain, type, protocol));
}

__attribute__((visibility("default"))) int bind(int fd, const sockaddr* address,
                                                socklen_t bytes) noexcept {
    if (address->sa_family == AF_INET6 && grove::test::ipv6() == Ipv6::kDisabled) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    return static_cast<int>(::syscall(SYS_bind, fd, address, bytes));
}

__attribute__((visibility("default"))) int getaddrinfo(const char* host, const char* port,
                                                       const addrinfo* hints, addrinfo** found) {
    if (hints != nullptr && (hints->ai_flags & AI_NUMERICHOST) != 0)  // they are names
        return grove::test::real_look_up(host, port, hints, found);
    while (host != nullptr && std::string_view{host} == "dead.test") ::pause();
    for (const grove::test::Host& known : grove::test::kHosts) {
        if (host == nullptr || known.name != host) continue;
        addrinfo** end = found;
        for (const char* const address : known.addresses) {
            if (address == nullptr) continue;
            const int error = grove::test::real_look_up(address, port, hints, end);
            if (error != 0) return error;
            while (*end != nullptr) end = &(*end)->ai_next;
        }
        return 0;
    }
    return grove::test::real_look_up(host, port, hints, found);
}

}  // extern "C"
