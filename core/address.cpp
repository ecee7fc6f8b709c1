#include <grove/core/address.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace grove {
namespace {

template <class T>
T as(const std::array<unsigned char, 112>& storage) noexcept {
    T address;
    std::memcpy(&address, storage.data(), sizeof address);
    return address;
}

template <class T>
Address from(const T& address) noexcept {
    return {reinterpret_cast<const sockaddr*>(&address), sizeof address};
}

// Not inet_ntop(): that prints with sprintf, and each line of an access log has an address.
std::string dotted(const unsigned char* bytes) {
    char text[INET_ADDRSTRLEN];
    char* at = text;
    for (int i = 0; i < 4; ++i) {
        if (i != 0) *at++ = '.';
        at = std::to_chars(at, at + 3, static_cast<unsigned>(bytes[i])).ptr;
    }
    return {text, at};
}

// As IPv6 writes it, so that a mapped IPv4 address is the IPv4 address. Of no other family.
sockaddr_in6 wide(const std::array<unsigned char, 112>& storage, int family) noexcept {
    if (family == AF_INET6) return as<sockaddr_in6>(storage);
    const auto v4 = as<sockaddr_in>(storage);
    sockaddr_in6 v6{};
    v6.sin6_port = v4.sin_port;
    v6.sin6_addr.s6_addr[10] = v6.sin6_addr.s6_addr[11] = 0xff;
    std::memcpy(&v6.sin6_addr.s6_addr[12], &v4.sin_addr, sizeof v4.sin_addr);
    return v6;
}

bool is_ip(int family) noexcept { return family == AF_INET || family == AF_INET6; }

[[noreturn]] void refuse(std::string_view text, const std::string& reason) {
    throw std::invalid_argument{"address \"" + std::string{text.substr(0, text.find('\0'))} +
                                "\": " + reason};
}

std::uint16_t parse_port(std::string_view text, std::string_view digits) {
    std::uint16_t port = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stopped, error] = std::from_chars(digits.data(), end, port);
    if (error != std::errc{} || stopped != end)
        refuse(text, "the port must be a number from 0 to 65535");
    return port;
}

}  // namespace

Address::Address(const sockaddr* address, std::size_t bytes) noexcept
    : bytes_{static_cast<std::uint8_t>(std::min(bytes, storage_.size()))} {
    std::memcpy(storage_.data(), address, bytes_);
}

Address Address::ip(const std::string& host, std::uint16_t port) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) return from(v4);
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    v6.sin6_addr = in6addr_any;
    if (host.empty() || ::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) return from(v6);
    throw std::invalid_argument{"\"" + host + "\" is neither an IPv4 nor an IPv6 address"};
}

Address Address::unix_path(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path ||
        path.find('\0') != std::string::npos) {
        throw std::invalid_argument{
            "\"" + path + "\" is not a path for a unix socket, must be 1 to " +
            std::to_string(sizeof address.sun_path - 1) + " bytes without NUL"};
    }
    path.copy(address.sun_path, path.size());
    return from(address);
}

Address Address::parse(std::string_view text) {
    constexpr std::string_view kUnixPrefix = "unix:";
    if (text.find('\0') != std::string_view::npos) refuse(text, "contains a NUL byte");
    if (text.starts_with(kUnixPrefix))
        return unix_path(std::string{text.substr(kUnixPrefix.size())});
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos)
        refuse(text, "must be address:port, [v6]:port, :port or unix:/path");
    std::string_view host = text.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    const std::uint16_t port = parse_port(text, text.substr(colon + 1));
    if (host.empty() || (host == "*" && !bracketed)) return ip("", port);
    in6_addr room{};
    const int family = bracketed ? AF_INET6 : AF_INET;
    if (::inet_pton(family, std::string{host}.c_str(), &room) != 1) {
        refuse(text, bracketed
                         ? "no IPv6 address stands in the brackets"
                         : "\"" + std::string{host} +
                               "\" is not an IPv4 address; write an IPv6 address in brackets, "
                               "and give a name to resolve()");
    }
    return ip(std::string{host}, port);
}

Address Address::local_of(int fd) noexcept {
    sockaddr_storage storage{};
    socklen_t bytes = sizeof storage;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &bytes) != 0) return {};
    return {reinterpret_cast<const sockaddr*>(&storage), bytes};
}

Address Address::peer_of(int fd) noexcept {
    sockaddr_storage storage{};
    socklen_t bytes = sizeof storage;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &bytes) != 0) return {};
    return {reinterpret_cast<const sockaddr*>(&storage), bytes};
}

const sockaddr* Address::data() const noexcept {
    return reinterpret_cast<const sockaddr*>(storage_.data());
}

int Address::family() const noexcept {
    return bytes_ != 0 ? as<sockaddr>(storage_).sa_family : AF_UNSPEC;
}
bool Address::is_unix() const noexcept { return family() == AF_UNIX; }

std::string Address::host() const {
    if (family() == AF_INET) {
        const auto v4 = as<sockaddr_in>(storage_);
        return dotted(reinterpret_cast<const unsigned char*>(&v4.sin_addr));
    }
    if (family() != AF_INET6) return {};
    const auto v6 = as<sockaddr_in6>(storage_);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) return dotted(&v6.sin6_addr.s6_addr[12]);
    char text[INET6_ADDRSTRLEN] = "";
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    return text;
}

std::uint16_t Address::port() const noexcept {
    if (family() == AF_INET) return ntohs(as<sockaddr_in>(storage_).sin_port);
    if (family() == AF_INET6) return ntohs(as<sockaddr_in6>(storage_).sin6_port);
    return 0;
}

Address Address::with_port(std::uint16_t port) const noexcept {
    if (family() == AF_INET) {
        auto v4 = as<sockaddr_in>(storage_);
        v4.sin_port = htons(port);
        return from(v4);
    }
    if (family() != AF_INET6) return *this;
    auto v6 = as<sockaddr_in6>(storage_);
    v6.sin6_port = htons(port);
    return from(v6);
}

std::string Address::path() const {
    if (!is_unix()) return {};
    const auto address = as<sockaddr_un>(storage_);
    return {address.sun_path, ::strnlen(address.sun_path, sizeof address.sun_path)};
}

bool operator==(const Address& a, const Address& b) noexcept {
    const int family = a.family();
    if (is_ip(family) && is_ip(b.family())) {
        const sockaddr_in6 left = wide(a.storage_, family);
        const sockaddr_in6 right = wide(b.storage_, b.family());
        return left.sin6_port == right.sin6_port && left.sin6_scope_id == right.sin6_scope_id &&
               std::memcmp(&left.sin6_addr, &right.sin6_addr, sizeof left.sin6_addr) == 0;
    }
    if (a.is_unix() && b.is_unix()) {
        // The kernel cuts a path behind its end, and unix_path() does not. A name that begins with a NUL is no path.
        const char* const left = &reinterpret_cast<const sockaddr_un*>(a.data())->sun_path[0];
        const char* const right = &reinterpret_cast<const sockaddr_un*>(b.data())->sun_path[0];
        constexpr std::size_t kMost = sizeof sockaddr_un{}.sun_path;
        if (*left != '\0') return ::strncmp(left, right, kMost) == 0;
    }
    return a.bytes_ == b.bytes_ && a.storage_ == b.storage_;
}

std::string Address::text() const {
    if (is_unix()) return "unix:" + path();
    const std::string address = host();
    const bool bracketed = address.find(':') != std::string::npos;
    return (bracketed ? "[" + address + "]" : address) + ":" + std::to_string(port());
}

}  // namespace grove
