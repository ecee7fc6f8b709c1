// What a proxy says of its client before the first byte, in both versions of haproxy's PROXY protocol. O-088
#include "proxy_header.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "crc32c.h"
#include "proxy_headers.h"

namespace grove::http {
namespace {

using namespace std::string_view_literals;
using namespace std::string_literals;
using State = ProxyResult::State;
using test::in_bytes;
using test::packed;
using test::proxy_field;
using test::proxy_tls;
using test::proxy_v2;
using test::proxy_v2_of;

constexpr ProxyProtocol kAny = ProxyProtocol::kAny;

// "192.0.2.1:4711 http", "- " for a proxy that speaks for itself, "unix", or why it is refused; "..." if it needs more.
std::string meaning(std::string_view bytes, ProxyProtocol version = kAny) {
    ProxyHeader header;
    const ProxyResult result = parse_proxy_header(bytes, version, header);
    if (result.state == State::kNeedMore) return "...";
    if (result.state == State::kRefused) return result.why;
    if (!header.tells) return "-";
    const bool nameless = header.more != nullptr && header.more->nameless;
    std::string text = nameless ? "unix" : header.client.text();
    if (header.more != nullptr && header.more->tells_scheme) {
        const TlsInfo& tls = header.more->tls;
        text += header.more->over_tls ? " https " + tls.version + " " + tls.peer_subject : " http";
        if (tls.peer_verified) text += " verified";
        if (!tls.peer_fault.empty()) text += " " + tls.peer_fault;
    }
    return text;
}

std::size_t length_of(std::string_view bytes) {
    ProxyHeader header;
    parse_proxy_header(bytes, kAny, header);
    return header.length;
}

struct ProxyRow {
    std::string bytes;
    const char* means;
};

std::string with_checksum(std::uint32_t error = 0) {
    const std::string zero =
        proxy_v2_of("192.0.2.1",
                    proxy_field(4, "padding") + proxy_field(3, "\0\0\0\0"sv) + proxy_field(2, "h"));
    std::string bytes = zero;
    return bytes.replace(zero.size() - 8, 4, in_bytes(crc32c(zero) ^ error, 4));
}

const ProxyRow kGood[] = {
    {"PROXY TCP4 192.0.2.1 192.0.2.9 4711 443\r\n", "192.0.2.1:4711"},
    {"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535"},
    {"PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "0.0.0.0:0"},
    {"PROXY TCP6 2001:db8::1 2001:db8::9 4711 443\r\n", "[2001:db8::1]:4711"},
    {"PROXY TCP6 ::ffff:192.0.2.1 ::1 4711 443\r\n", "192.0.2.1:4711"},
    {"PROXY UNKNOWN\r\n", "-"},
    {"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", "-"},
    {"PROXY UNKNOWN " + std::string(91, 'x') + "\r\n", "-"},
    {proxy_v2_of("192.0.2.1"), "192.0.2.1:4711"},
    {proxy_v2_of("2001:db8::1"), "[2001:db8::1]:4711"},
    {proxy_v2(0x21, 0x12, proxy_v2_of("192.0.2.1").substr(16)), "192.0.2.1:4711"},
    {proxy_v2(0x21, 0x31, std::string(216, 'p')), "unix"},
    {proxy_v2(0x21, 0x31, std::string(216, '\0') + proxy_tls(1, 0)), "unix https  "},
    {proxy_v2(0x21, 0x00, ""), "-"},
    {proxy_v2(0x21, 0x00, "whatever"), "-"},
    {proxy_v2(0x20, 0x00, ""), "-"},
    {proxy_v2(0x20, 0x11, proxy_v2_of("192.0.2.1").substr(16)), "-"},
    {proxy_v2(0x20, 0xff, "whatever"), "-"},
    {proxy_v2_of("192.0.2.1", proxy_field(1, "h2") + proxy_field(0xee, "")), "192.0.2.1:4711"},
    {proxy_v2_of("192.0.2.1", proxy_field(4, std::string(4065, 'x'))), "192.0.2.1:4711"},
    {with_checksum(), "192.0.2.1:4711"},
    // Of TLS.
    {proxy_v2_of("192.0.2.1", proxy_tls(0, 0)), "192.0.2.1:4711 http"},
    {proxy_v2_of("192.0.2.1", proxy_tls(1, 0, proxy_field(0x21, "TLSv1.3"))),
     "192.0.2.1:4711 https TLSv1.3 "},
    {proxy_v2_of("192.0.2.1", proxy_tls(7, 0, proxy_field(0x22, "a") + proxy_field(0x99, "?"))),
     "192.0.2.1:4711 https  CN=a verified"},
    {proxy_v2_of("192.0.2.1", proxy_tls(5, 0, proxy_field(0x22, "a"))),
     "192.0.2.1:4711 https  CN=a verified"},
    {proxy_v2_of("192.0.2.1", proxy_tls(3, 18, proxy_field(0x22, "a"))),
     "192.0.2.1:4711 https  CN=a the proxy's code 18"},
    {proxy_v2_of("192.0.2.1", proxy_tls(1, 1)), "192.0.2.1:4711 https  "},
    {proxy_v2_of("192.0.2.1", proxy_tls(2, 0)), "192.0.2.1:4711 http"},
    // A name must not pose as several.
    {proxy_v2_of("192.0.2.1", proxy_tls(3, 0, proxy_field(0x22, " #a,O=b+\"\\\n\xc3\xbc;<> "))),
     "192.0.2.1:4711 https  CN=\\ #a\\,O=b\\+\\\"\\\\\\0A\\C3\\BC\\;\\<\\>\\  verified"},
    {proxy_v2_of("192.0.2.1", proxy_tls(3, 0, proxy_field(0x22, "#a"))),
     "192.0.2.1:4711 https  CN=\\#a verified"},
};

TEST(ProxyHeader, TellsOfTheClient) {
    for (const ProxyRow& row : kGood) EXPECT_EQ(meaning(row.bytes), row.means) << row.bytes;
}

TEST(ProxyHeader, IsIncompleteUntilItsLastByteAndLeavesWhatFollows) {
    for (const ProxyRow& row : kGood) {
        for (std::size_t bytes = 0; bytes < row.bytes.size(); ++bytes)
            ASSERT_EQ(meaning(row.bytes.substr(0, bytes)), "...") << row.bytes << bytes;
        for (const std::string_view after : {""sv, "G"sv, "\x16\x03\x01"sv, "PROXY TCP4 "sv}) {
            EXPECT_EQ(meaning(row.bytes + std::string{after}), row.means);
            EXPECT_EQ(length_of(row.bytes + std::string{after}), row.bytes.size());
        }
    }
}

TEST(ProxyHeader, IsRefusedForWhatIsWrongWithIt) {
    constexpr const char* kWords =
        "is a line without two addresses and two ports, one space before each";
    constexpr const char* kPort = "has a port that is not a number from 0 to 65535";
    constexpr const char* kAddress = "has an address that is not of its family";
    constexpr const char* kFamily = "has a family other than inet, inet6 and unix";
    constexpr const char* kShort = "is too short for its addresses";
    const ProxyRow table[] = {
        {"G", "is missing"},
        {"PROXX", "is missing"},
        {"proxy TCP4", "is missing"},
        {"PROXY\t", "is missing"},
        {" PROXY ", "is missing"},
        {"\x16\x03\x01", "is missing"},
        {"\r\n\r\n\r", "is missing"},
        {"\r\n\r\n\0\r\nQUIT\r"s + "", "is missing"},
        {"PROXY \r\n", kWords},
        {"PROXY TCP4\r\n", kWords},
        {"PROXY TCP4 192.0.2.1 192.0.2.9 4711\r\n", kWords},
        {"PROXY TCP4 192.0.2.1 192.0.2.9 4711 443 \r\n", kWords},
        {"PROXY TCP4 192.0.2.1 192.0.2.9 4711 443 1\r\n", kWords},
        {"PROXY  TCP4 192.0.2.1 192.0.2.9 4711 443\r\n", kWords},
        {"PROXY TCP5 192.0.2.1 192.0.2.9 4711 443\r\n",
         "names a family other than TCP4, TCP6 and UNKNOWN"},
        {"PROXY UNKNOWNx 192.0.2.1 192.0.2.9 4711 443\r\n",
         "names a family other than TCP4, TCP6 and UNKNOWN"},
        {"PROXY TCP4 192.0.2.256 192.0.2.9 4711 443\r\n", kAddress},
        {"PROXY TCP4 2001:db8::1 192.0.2.9 4711 443\r\n", kAddress},
        {"PROXY TCP4 192.0.2.1 ::1 4711 443\r\n", kAddress},
        {"PROXY TCP6 192.0.2.1 ::1 4711 443\r\n", kAddress},
        {"PROXY TCP6 fe80::1%eth0 ::1 4711 443\r\n", kAddress},
        {"PROXY TCP4 192.0.2.1\0 192.0.2.9 4711 443\r\n"s, kAddress},
        {"PROXY TCP4 192.0.2.1 192.0.2.9 65536 443\r\n", kPort},
        {"PROXY TCP4 192.0.2.1 192.0.2.9 -1 443\r\n", kPort},
        {"PROXY TCP4 192.0.2.1 192.0.2.9 4711 0x1\r\n", kPort},
        {"PROXY TCP4 192.0.2.1 192.0.2.9 4711\r443\r\n", kWords},
        {"PROXY TCP4 192.0.2.1 192.0.2.9 4711 443\n", "is a line that does not end with CR LF"},
        {"PROXY \n", "is a line that does not end with CR LF"},
        {"PROXY UNKNOWN " + std::string(93, 'x'), "is a line of more than 107 bytes"},
        {"PROXY UNKNOWN " + std::string(92, 'x') + "\r\n", "is a line of more than 107 bytes"},
        {proxy_v2(0x11, 0x11, std::string(12, 'x')), "has a version other than 1 and 2"},
        {proxy_v2(0x31, 0x11, std::string(12, 'x')), "has a version other than 1 and 2"},
        {proxy_v2(0x22, 0x11, std::string(12, 'x')), "has a command other than LOCAL and PROXY"},
        {proxy_v2(0x21, 0x41, std::string(216, 'x')), kFamily},
        {proxy_v2(0x21, 0x13, std::string(216, 'x')), kFamily},
        {proxy_v2(0x21, 0x10, std::string(216, 'x')), kFamily},
        {proxy_v2(0x21, 0x01, std::string(216, 'x')), kFamily},
        {proxy_v2(0x21, 0x11, std::string(11, 'x')), kShort},
        {proxy_v2(0x21, 0x21, std::string(35, 'x')), kShort},
        {proxy_v2(0x21, 0x31, std::string(215, 'x')), kShort},
        {proxy_v2(0x21, 0x11, ""), kShort},
        {proxy_v2(0x21, 0x11, std::string(4081, 'x')), "is longer than 4096 bytes"},
        {proxy_v2(0x20, 0x00, std::string(65535, 'x')).substr(0, 16), "is longer than 4096 bytes"},
        {proxy_v2_of("192.0.2.1", "x"), "ends within a field"},
        {proxy_v2_of("192.0.2.1", proxy_field(4, "abc").substr(0, 5)), "ends within a field"},
        {proxy_v2_of("192.0.2.1", proxy_field(4, "abc") + "\x04\xff\xff"), "ends within a field"},
        {proxy_v2_of("192.0.2.1", proxy_field(0x20, "\1\0\0\0"sv)),
         "tells of TLS in less than 5 bytes"},
        {proxy_v2_of("192.0.2.1", proxy_tls(1, 0, "\x22\x00")), "ends within a field about TLS"},
        {proxy_v2_of("192.0.2.1", proxy_tls(1, 0, proxy_field(0x22, "abc").substr(0, 5))),
         "ends within a field about TLS"},
        {proxy_v2_of("192.0.2.1", proxy_field(3, "abc")), "has a checksum of other than 4 bytes"},
        {with_checksum(1), "has a wrong checksum"},
        {with_checksum(0x80000000U), "has a wrong checksum"},
    };
    for (const ProxyRow& row : table) EXPECT_EQ(meaning(row.bytes), row.means) << row.bytes;
}

TEST(ProxyHeader, IsOfTheVersionThatIsAskedFor) {
    const std::string text = "PROXY TCP4 192.0.2.1 192.0.2.9 4711 443\r\n";
    const std::string binary = proxy_v2_of("192.0.2.1");
    EXPECT_EQ(meaning(text, ProxyProtocol::kV1), "192.0.2.1:4711");
    EXPECT_EQ(meaning(binary, ProxyProtocol::kV2), "192.0.2.1:4711");
    EXPECT_EQ(meaning(text.substr(0, 1), ProxyProtocol::kV2), "is missing, or not of version 2");
    EXPECT_EQ(meaning(binary.substr(0, 1), ProxyProtocol::kV1), "is missing, or not of version 1");
}

}  // namespace
}  // namespace grove::http
