#include "exposure.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <stdexcept>
#include <string_view>

#include <arpa/inet.h>
#include <sys/stat.h>
#include <unistd.h>

#include <grove/core/address.h>
#include <grove/http/bind_address.h>

using namespace grove;
using namespace grove::http;

namespace {

using Lines = std::vector<std::string>;

constexpr std::string_view kUnix = "unix:";

bool is_unix(const std::string& address) { return address.starts_with(kUnix); }

struct Network {
    std::array<std::uint8_t, 16> bytes;
    unsigned bits;
};

// Whence nobody comes but this machine and its neighbours. Those of IPv4 are as IPv6 has them (::ffff:0:0/96).
constexpr std::array kNear{
    Network{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127}, 104},
    Network{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10}, 104},
    Network{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 172, 16}, 108},
    Network{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 168}, 112},
    Network{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 169, 254}, 112},
    Network{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 100, 64}, 106},
    Network{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128},
    Network{{0xfc}, 7},
    Network{{0xfe, 0x80}, 10},
};

bool lies_in(const std::array<std::uint8_t, 16>& address, const Network& network) {
    for (unsigned bit = 0; bit < network.bits; ++bit) {
        const unsigned mask = 0x80U >> (bit % 8);
        if (((address[bit / 8] ^ network.bytes[bit / 8]) & mask) != 0) return false;
    }
    return true;
}

// Of a host as Address has it: without brackets, perhaps with a zone.
bool is_far(const std::string& host) {
    std::array<std::uint8_t, 16> bytes{};
    const std::string bare = host.substr(0, host.find('%'));
    if (::inet_pton(AF_INET, bare.c_str(), bytes.data() + 12) == 1) {
        bytes[10] = bytes[11] = 0xff;
    } else if (::inet_pton(AF_INET6, bare.c_str(), bytes.data()) != 1) {
        return false;
    }
    return std::none_of(kNear.begin(), kNear.end(),
                        [&](const Network& near) { return lies_in(bytes, near); });
}

void add_if_admin_is_far(const Config& config, const std::string& file, Lines& warnings) {
    const std::string& address = config.admin.address;
    if (address.empty() || is_unix(address)) return;
    std::vector<Address> addresses;
    try {
        addresses = bind_addresses(address);
    } catch (const std::runtime_error&) {  // a name that is not known here: somebody else tells
        return;
    }
    const bool far = std::any_of(addresses.begin(), addresses.end(),
                                 [](const Address& one) { return is_far(one.host()); });
    if (far) {
        warnings.push_back(
            file + ": /admin: warning: \"" + address +
            "\" can be reached from anywhere and shows requests, stacks and metrics; "
            "127.0.0.1, a private address or a unix socket cannot be reached so");
    }
}

void add_if_readable(const CertificateConfig& files, Lines& warnings) {
    struct stat status {};
    if (::stat(files.key.c_str(), &status) != 0 || (status.st_mode & (S_IRGRP | S_IROTH)) == 0)
        return;
    std::array<char, 8> mode{};
    std::snprintf(mode.data(), mode.size(), "%04o", static_cast<unsigned>(status.st_mode & 07777));
    const char* const who = (status.st_mode & S_IROTH) != 0 ? "everybody" : "its group";
    warnings.push_back(files.place + "/key: warning: \"" + files.key + "\" may be read by " + who +
                       " (mode " + mode.data() + "); 0600 is enough, as only the master reads it");
}

void add_unbelieved(const Config& config, Lines& warnings) {
    const auto& proxies = config.trusted_proxies;
    if (std::find(proxies.begin(), proxies.end(), "unix") != proxies.end()) return;
    for (const ListenConfig& listen : config.listen) {
        if (!is_unix(listen.address)) continue;
        warnings.push_back(
            listen.place +
            ": warning: a client of a unix socket has no address, and the fields that "
            "it forwards are not believed: \"trusted_proxies\" has no \"unix\"");
    }
}

}  // namespace

Lines find_exposures(const Config& config, const std::string& file) {
    Lines warnings;
    if (::geteuid() == 0 && config.user.empty()) {
        warnings.push_back(
            file +
            ": /user: warning: if root starts grove, as it did this check, workers run "
            "as root; \"user\" may name another user");
    } else if (::geteuid() != 0 && !config.user.empty()) {
        warnings.push_back(
            file +
            ": /user: warning: needs grove to be started as root; this check loaded the "
            "plugins as user " +
            std::to_string(::geteuid()));
    }
    for (const ListenConfig& listen : config.listen) {
        if (!listen.tls) continue;
        add_if_readable(*listen.tls, warnings);
        for (const TlsConfig::Name& name : listen.tls->names) {
            for (const CertificateConfig& one : name.certificates) add_if_readable(one, warnings);
        }
    }
    add_if_admin_is_far(config, file, warnings);
    add_unbelieved(config, warnings);
    return warnings;
}
