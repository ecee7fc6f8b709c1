#include "proxy_header.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "ascii.h"
#include "crc32c.h"
#include "hexadecimal.h"

namespace grove::http {
namespace {

using State = ProxyResult::State;

constexpr std::string_view kTextBegin = "PROXY ";
constexpr std::size_t kLongestLine = 107;
constexpr std::string_view kSignature{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t kFixed = 16;  // of version 2: signature, version and command, family, length

constexpr ProxyResult need_more() { return {State::kNeedMore}; }
constexpr ProxyResult refused(const char* why) { return {State::kRefused, why}; }

// ---- version 1

std::optional<std::uint16_t> port_in(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return port;
}

bool is_address(std::string_view text, int family) {
    const std::string copy{text};
    in6_addr bytes{};
    return copy.find('\0') == copy.npos && ::inet_pton(family, copy.c_str(), &bytes) == 1;
}

// "TCP4 192.0.2.1 192.0.2.9 4711 443"
ProxyResult parse_words(std::string_view line, ProxyHeader& header) {
    std::array<std::string_view, 5> words{};
    for (std::size_t at = 0; at < words.size(); ++at) {
        const std::size_t end = line.find(' ');
        words[at] = line.substr(0, end);
        const bool last = at + 1 == words.size();
        if (last != (end == line.npos))
            return refused("is a line without two addresses and two ports, one space before each");
        if (!last) line.remove_prefix(end + 1);
    }
    const int family = words[0] == "TCP4" ? AF_INET : words[0] == "TCP6" ? AF_INET6 : AF_UNSPEC;
    if (family == AF_UNSPEC) return refused("names a family other than TCP4, TCP6 and UNKNOWN");
    if (!is_address(words[1], family) || !is_address(words[2], family))
        return refused("has an address that is not of its family");
    const auto port = port_in(words[3]);
    if (!port || !port_in(words[4]))
        return refused("has a port that is not a number from 0 to 65535");
    header.tells = true;
    header.client = Address::ip(std::string{words[1]}, *port);
    return {State::kComplete};
}

ProxyResult parse_text(std::string_view bytes, ProxyHeader& header) {
    const std::size_t lf = bytes.substr(0, kLongestLine).find('\n');
    if (lf == bytes.npos) {
        return bytes.size() < kLongestLine ? need_more()
                                           : refused("is a line of more than 107 bytes");
    }
    if (bytes[lf - 1] != '\r') return refused("is a line that does not end with CR LF");
    header.length = lf + 1;
    const std::string_view line = bytes.substr(kTextBegin.size(), lf - 1 - kTextBegin.size());
    if (line == "UNKNOWN" || line.starts_with("UNKNOWN ")) return {State::kComplete};
    return parse_words(line, header);
}

// ---- version 2

std::size_t number(std::string_view bytes) {
    std::size_t value = 0;
    for (const char byte : bytes) value = value << 8U | static_cast<unsigned char>(byte);
    return value;
}

/// Type, length, value.
struct Field {
    unsigned char type;
    std::string_view value;
};

// @return nullopt: the rest is too short for one
std::optional<Field> take_field(std::string_view& rest) {
    if (rest.size() < 3) return std::nullopt;
    const std::size_t length = number(rest.substr(1, 2));
    if (rest.size() - 3 < length) return std::nullopt;
    const Field field{static_cast<unsigned char>(rest[0]), rest.substr(3, length)};
    rest.remove_prefix(3 + length);
    return field;
}

// As OpenSSL writes it in a subject (RFC 2253): a name must not pose as several.
std::string escaped_name(std::string_view name) {
    constexpr std::string_view kSpecial = ",+\"\\<>;";
    std::string text;
    for (std::size_t at = 0; at < name.size(); ++at) {
        const auto byte = static_cast<unsigned char>(name[at]);
        const bool at_edge = at == 0 || at + 1 == name.size();
        if (byte < 0x20 || byte > 0x7e) {
            text += '\\';
            append_digits(text, byte, kUpperDigits);
            continue;
        }
        if (kSpecial.find(name[at]) != kSpecial.npos || (byte == ' ' && at_edge) ||
            (byte == '#' && at == 0))
            text += '\\';
        text += name[at];
    }
    return text;
}

// PP2_TYPE_SSL: what the client is, what came of looking at its certificate, fields of its own.
const char* read_tls(std::string_view value, ProxiedClient& client) {
    constexpr unsigned kOverTls = 1;
    constexpr unsigned kShown = 2 | 4;  // a certificate, on this connection or in its session
    if (value.size() < 5) return "tells of TLS in less than 5 bytes";
    const auto flags = static_cast<unsigned char>(value[0]);
    const std::size_t fault = number(value.substr(1, 4));
    client.tells_scheme = true;
    client.over_tls = (flags & kOverTls) != 0;
    TlsInfo& tls = client.tls;
    const bool shown = (flags & kShown) != 0;
    tls.peer_verified = client.over_tls && shown && fault == 0;
    if (shown && fault != 0) tls.peer_fault = "the proxy's code " + std::to_string(fault);
    std::string_view rest = value.substr(5);
    while (!rest.empty()) {
        const auto field = take_field(rest);
        if (!field) return "ends within a field about TLS";
        if (field->type == 0x21) tls.version = escaped_name(field->value);
        if (field->type == 0x22) tls.peer_subject = "CN=" + escaped_name(field->value);
        if (field->type == 0x23) tls.cipher = escaped_name(field->value);
    }
    return nullptr;
}

// @return nullptr: good
const char* read_fields(std::string_view all, std::string_view fields, ProxiedClient& client) {
    constexpr unsigned char kChecksum = 3;
    constexpr unsigned char kTls = 0x20;
    for (std::string_view rest = fields; !rest.empty();) {
        const auto field = take_field(rest);
        if (!field) return "ends within a field";
        if (field->type == kChecksum) {
            if (field->value.size() != 4) return "has a checksum of other than 4 bytes";
            std::string zeroed{all};
            zeroed.replace(static_cast<std::size_t>(field->value.data() - all.data()), 4, 4, '\0');
            if (crc32c(zeroed) != number(field->value)) return "has a wrong checksum";
        }
        if (field->type == kTls) {
            if (const char* const why = read_tls(field->value, client)) return why;
        }
    }
    return nullptr;
}

Address ipv4(std::string_view addresses) {
    sockaddr_in ip{};
    ip.sin_family = AF_INET;
    std::memcpy(&ip.sin_addr, addresses.data(), 4);
    std::memcpy(&ip.sin_port, addresses.data() + 8, 2);
    return {reinterpret_cast<const sockaddr*>(&ip), sizeof ip};
}

Address ipv6(std::string_view addresses) {
    sockaddr_in6 ip{};
    ip.sin6_family = AF_INET6;
    std::memcpy(&ip.sin6_addr, addresses.data(), 16);
    std::memcpy(&ip.sin6_port, addresses.data() + 32, 2);
    return {reinterpret_cast<const sockaddr*>(&ip), sizeof ip};
}

ProxyResult parse_client(std::string_view all, ProxyHeader& header) {
    const auto kind = static_cast<unsigned char>(all[13]);
    const unsigned family = kind >> 4U;
    const unsigned transport = kind & 15U;
    if (family > 3 || transport > 2 || (family == 0) != (transport == 0))
        return refused("has a family other than inet, inet6 and unix");
    if (family == 0) return {State::kComplete};
    constexpr std::array<std::size_t, 4> kBytes{0, 12, 36, 216};
    const std::string_view rest = all.substr(kFixed);
    if (rest.size() < kBytes[family]) return refused("is too short for its addresses");
    ProxiedClient more{.nameless = family == 3};
    if (const char* const why = read_fields(all, rest.substr(kBytes[family]), more))
        return refused(why);
    header.tells = true;
    if (family == 1) header.client = ipv4(rest);
    if (family == 2) header.client = ipv6(rest);
    if (more.nameless || more.tells_scheme)
        header.more = std::make_unique<const ProxiedClient>(std::move(more));
    return {State::kComplete};
}

ProxyResult parse_binary(std::string_view bytes, ProxyHeader& header) {
    if (bytes.size() < kFixed) return need_more();
    const auto version = static_cast<unsigned char>(bytes[12]);
    if (version >> 4U != 2) return refused("has a version other than 1 and 2");
    if ((version & 15U) > 1) return refused("has a command other than LOCAL and PROXY");
    const std::size_t length = kFixed + number(bytes.substr(14, 2));
    if (length > kLongestProxyHeader) return refused("is longer than 4096 bytes");
    if (bytes.size() < length) return need_more();
    header.length = length;
    if ((version & 15U) == 0) return {State::kComplete};
    return parse_client(bytes.substr(0, length), header);
}

bool may_begin(std::string_view bytes, std::string_view begin) {
    return bytes.substr(0, begin.size()) == begin.substr(0, bytes.size());
}

}  // namespace

ProxyResult parse_proxy_header(std::string_view bytes, ProxyProtocol version, ProxyHeader& header) {
    header = {};
    if (bytes.empty()) return need_more();
    const bool text = version != ProxyProtocol::kV2 && may_begin(bytes, kTextBegin);
    const bool binary = version != ProxyProtocol::kV1 && may_begin(bytes, kSignature);
    if (!text && !binary) {
        return refused(version == ProxyProtocol::kV1   ? "is missing, or not of version 1"
                       : version == ProxyProtocol::kV2 ? "is missing, or not of version 2"
                                                       : "is missing");
    }
    if (bytes.size() < (text ? kTextBegin : kSignature).size()) return need_more();
    return text ? parse_text(bytes, header) : parse_binary(bytes, header);
}

}  // namespace grove::http
