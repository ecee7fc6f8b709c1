// Whom X-Forwarded-For and X-Forwarded-Proto name (S-071).
#include "http/forwarded.h"

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
            << testing::PrintToString(row.fields);
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
        return forwarded_scheme(head_with("x-forwarded-proto", values));
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

}  // namespace
}  // namespace grove::http
