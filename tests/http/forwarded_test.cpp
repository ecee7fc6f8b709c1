// Whom X-Forwarded-For and X-Forwarded-Proto name (S-071), or other fields of proxies (O-088).
#include "forwarded.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace grove::http {
namespace {

RequestHead head_with(std::string_view name, const std::vector<std::string_view>& values) {
    RequestHead head;
    for (const std::string_view value : values)
        head.field_list.push_back({.name = name, .value = value});
    return head;
}

struct For {
    std::vector<std::string_view> fields;
    const char* client;
};

TEST(ForwardedAddress, IsTheRightMostThatIsNoProxys) {
    const TrustedProxies trusted{{"10.0.0.0/8", "fd00::/8"}};
    const std::vector<For> table{
        {{"192.0.2.1"}, "192.0.2.1"},
        {{"2001:db8::1"}, "2001:db8::1"},
        {{"192.0.2.1, 10.0.0.2"}, "192.0.2.1"},
        {{"192.0.2.1,10.0.0.2 ,\t10.0.0.3"}, "192.0.2.1"},
        {{"192.0.2.1, fd00::7"}, "192.0.2.1"},
        {{"192.0.2.1:4711"}, "192.0.2.1"},
        {{"[2001:db8::1]:4711, 10.0.0.1:80"}, "2001:db8::1"},
        {{"[2001:db8::1]"}, "2001:db8::1"},
        {{"::ffff:192.0.2.1"}, "192.0.2.1"},
        // Several fields are one list.
        {{"192.0.2.1", "10.0.0.2"}, "192.0.2.1"},
        {{"203.0.113.9", "192.0.2.1"}, "192.0.2.1"},
        // What stands left of the first stranger, the stranger wrote.
        {{"127.0.0.1, 192.0.2.1"}, "192.0.2.1"},
        {{"10.0.0.9, 192.0.2.1, 10.0.0.2"}, "192.0.2.1"},
        {{"<script>, 192.0.2.1"}, "192.0.2.1"},
        // All are proxies.
        {{"10.0.0.9, 10.0.0.2"}, "10.0.0.9"},
        // What is no address ends the list.
        {{"unknown, 10.0.0.2"}, "10.0.0.2"},
        {{"192.0.2.1, unknown"}, ""},
        {{"192.0.2.1, , 10.0.0.2"}, "10.0.0.2"},
        {{"192.0.2.1,"}, ""},
        {{""}, ""},
        {{"192.0.2.256"}, ""},
        {{"[2001:db8::1"}, ""},
        {{"[2001:db8::1]x"}, ""},
        {{"fe80::1%eth0"}, ""},
        {{"192.0.2.1\r\nX: y"}, ""},
        {{}, ""},
    };
    for (const For& row : table) {
        EXPECT_EQ(forwarded_address(head_with("X-Forwarded-For", row.fields), trusted), row.client)
            << ::testing::PrintToString(row.fields);
    }
}

TEST(ForwardedAddress, IsLookedForAmongSoManyProxiesOnly) {
    std::string list = "192.0.2.1";
    for (int i = 0; i < 5000; ++i) list += ",10.0.0.1";
    EXPECT_EQ(
        forwarded_address(head_with("X-Forwarded-For", {list}), TrustedProxies{{"10.0.0.0/8"}}),
        "10.0.0.1");
}

TEST(ForwardedScheme, IsTheRightMostWordIfItIsOne) {
    const auto scheme = [](const std::vector<std::string_view>& values) {
        return forwarded_scheme(head_with("x-forwarded-proto", values), {});
    };
    EXPECT_EQ(scheme({"https"}), "https");
    EXPECT_EQ(scheme({"HTTP"}), "http");
    EXPECT_EQ(scheme({"http, https"}), "https");
    EXPECT_EQ(scheme({"https", "http"}), "http");
    EXPECT_EQ(scheme({"gopher"}), "");
    EXPECT_EQ(scheme({"https, gopher"}), "");
    EXPECT_EQ(scheme({""}), "");
    EXPECT_EQ(scheme({}), "");
}

// RFC 7239: address, scheme, host, port.
std::string told(const std::vector<std::string_view>& fields) {
    const TrustedProxies trusted{{"10.0.0.0/8", "fd00::/8"}};
    const RequestHead head = head_with("Forwarded", fields);
    constexpr Forwarded kBy = Forwarded::kForwarded;
    std::string text = forwarded_address(head, trusted, kBy) + "|";
    text.append(forwarded_scheme(head, trusted, kBy)).append("|");
    text.append(forwarded_host(head, trusted, kBy)).append("|");
    return text.append(forwarded_port(head, trusted, kBy));
}

TEST(ForwardedField, TellsOfTheClientOfTheLastTrustedProxy) {  // O-088
    const For table[] = {
        {{"for=192.0.2.1"}, "192.0.2.1|||"},
        {{"for=192.0.2.1;proto=https;host=a.org;by=10.0.0.1"}, "192.0.2.1|https|a.org|"},
        {{"By=_me ; FOR=\"192.0.2.1:4711\" ;\tHost=\"a.org:8443\"; Proto=HTTPS"},
         "192.0.2.1|https|a.org:8443|8443"},
        {{"for=\"[2001:db8::1]:4711\";host=\"[::1]\""}, "2001:db8::1||[::1]|"},
        {{"for=\"[2001:db8::1]\";host=\"[::1]:81\""}, "2001:db8::1||[::1]:81|81"},
        {{"for=\"[2001:db8::1]:_port\""}, "2001:db8::1|||"},
        {{"for=192.0.2.1:80"}, "192.0.2.1|||"},  // as some write it
        {{";;for=192.0.2.1;;"}, "192.0.2.1|||"},
        {{"for=192.0.2.1;ext=\"a,b;c\\\"d\""}, "192.0.2.1|||"},
        // One element, told whole by one proxy.
        {{"for=192.0.2.1;proto=https;host=a.org, for=10.0.0.2;proto=http;host=inner"},
         "192.0.2.1|https|a.org|"},
        {{"for=192.0.2.1;proto=https", "for=10.0.0.2;proto=http;host=inner"}, "192.0.2.1|https||"},
        {{"for=10.0.0.9;host=a.org,for=\"[fd00::1]\";proto=https"}, "10.0.0.9||a.org|"},
        // What stands left of the first stranger, the stranger wrote.
        {{"for=127.0.0.1;proto=https;host=evil, for=192.0.2.1;proto=http"}, "192.0.2.1|http||"},
        {{"for=evil;for=evil, for=192.0.2.1"}, "192.0.2.1|||"},
        {{"for=\", for=192.0.2.1"}, "192.0.2.1|||"},
        {{"for=\"x, for=\"192.0.2.1:80\";host=\"a.org\""}, "192.0.2.1||a.org|"},
        {{"for=\"x\\, for=\"192.0.2.1:80\";host=\"a.org\""}, "192.0.2.1||a.org|"},
        {{"for=x\\\", for=192.0.2.1;host=\"a\\\"b\""}, "192.0.2.1|||"},
        {{"for=\"", "for=192.0.2.1"}, "192.0.2.1|||"},
        // Who hides his client tells of the rest.
        {{"for=unknown;proto=https;host=a.org"}, "|https|a.org|"},
        {{"for=_hidden;proto=https, for=10.0.0.2;proto=http"}, "10.0.0.2|https||"},
        {{"for=192.0.2.1, for=_hidden;proto=https"}, "|https||"},
        {{"for=192.0.2.1, proto=https"}, "|https||"},
        // Malformed: what stands right of it counts.
        {{"for=192.0.2.1, "}, "|||"},
        {{"for=192.0.2.1 proto=https"}, "|||"},
        {{"for=192.0.2.1;for=192.0.2.1"}, "|||"},
        {{"for"}, "|||"},
        {{"for="}, "|||"},
        {{"for=\"\""}, "|||"},
        {{"for =192.0.2.1"}, "|||"},
        {{"for= 192.0.2.1"}, "|||"},
        {{"=192.0.2.1"}, "|||"},
        {{"for=\"192.0.2.1"}, "|||"},
        {{"for=\"192.0.2.1\\\""}, "|||"},
        {{"for=\"192.0.2.1\"x"}, "|||"},
        {{"192.0.2.1"}, "|||"},
        {{"for=192.0.2.1;bad, for=10.0.0.2;proto=https"}, "10.0.0.2|https||"},
        {{""}, "|||"},
        {{}, "|||"},
        // What a Host field must not be.
        {{"for=192.0.2.1;host=\"a.org/\""}, "192.0.2.1|||"},
        {{"for=192.0.2.1;host=\"a.org, b\""}, "192.0.2.1|||"},
        {{"for=192.0.2.1;host=\"u@a.org\""}, "192.0.2.1|||"},
        {{"for=192.0.2.1;host=\"a.org:70000\""}, "192.0.2.1|||"},
        {{"for=192.0.2.1;host=\":80\""}, "192.0.2.1|||"},
        {{"for=192.0.2.1;proto=gopher"}, "192.0.2.1|||"},
    };
    for (const For& row : table)
        EXPECT_EQ(told(row.fields), row.client) << ::testing::PrintToString(row.fields);
}

TEST(ForwardedField, IsLookedForAmongSoManyProxiesOnly) {  // O-088
    std::string list = "for=192.0.2.1";
    for (int i = 0; i < 5000; ++i) list += ",for=10.0.0.1";
    EXPECT_EQ(told({list}), "10.0.0.1|||");
}

TEST(ForwardedHostAndPort, AreTheRightMostIfTheyAreSome) {  // O-088
    struct HostAndPort {
        std::vector<std::string_view> hosts;
        std::vector<std::string_view> ports;
        const char* told;
    };
    const HostAndPort table[] = {
        {{"a.org"}, {}, "a.org|"},
        {{"a.org:8443"}, {}, "a.org:8443|8443"},
        {{"a.org:8443"}, {"443"}, "a.org:8443|443"},
        {{"[::1]:81"}, {}, "[::1]:81|81"},
        {{"[::1]"}, {}, "[::1]|"},
        {{"evil, a.org"}, {"1, 443"}, "a.org|443"},
        {{"evil", "a.org"}, {"1", "443"}, "a.org|443"},
        {{}, {"443"}, "|443"},
        {{"a.org\r\nX: y"}, {"443x"}, "|"},
        {{"a.org/"}, {"70000"}, "|"},
        {{"u@a.org"}, {"-1"}, "|"},
        {{"a.org, "}, {"443,"}, "|"},
        {{"a b"}, {"000443"}, "|"},
        {{""}, {""}, "|"},
    };
    for (const HostAndPort& row : table) {
        RequestHead head = head_with("X-Forwarded-Host", row.hosts);
        for (const Field& field : head_with("x-forwarded-port", row.ports).field_list)
            head.field_list.push_back(field);
        std::string text{forwarded_host(head, {}, Forwarded::kXForwardedAll)};
        text.append("|").append(forwarded_port(head, {}, Forwarded::kXForwardedAll));
        EXPECT_EQ(text, row.told) << ::testing::PrintToString(row.hosts);
    }
}

}  // namespace
}  // namespace grove::http
