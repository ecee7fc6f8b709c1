// Which requests may become a WebSocket (WS-001 to WS-004).
#include "ws_handshake.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace grove::http {
namespace {

using namespace std::string_view_literals;

constexpr HandshakeRequest kGood{.method = "GET",
                                 .protocol = "HTTP/1.1",
                                 .upgrade = "websocket",
                                 .connection = "Upgrade",
                                 .key = "dGhlIHNhbXBsZSBub25jZQ==",
                                 .version = "13",
                                 .host = "a.test"};

TEST(WsHandshake, AcceptsTheKeyOfTheRfc) {  // WS-002
    EXPECT_EQ(accept_of("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

int status_with(std::string_view HandshakeRequest::*part, std::string_view value) {
    HandshakeRequest request = kGood;
    request.*part = value;
    return handshake_fault(request).status;
}

TEST(WsHandshake, WantsEveryPartOfIt) {  // WS-001
    using R = HandshakeRequest;
    EXPECT_FALSE(handshake_fault(kGood));
    for (const auto& good : {"WebSocket"sv, "h2c, websocket"sv, "websocket\t,x"sv, "WEBSOCKET"sv})
        EXPECT_EQ(status_with(&R::upgrade, good), 0) << good;
    for (const auto& bad : {""sv, "websockets"sv, "web socket"sv, "h2c"sv})
        EXPECT_EQ(status_with(&R::upgrade, bad), 400) << bad;
    for (const auto& good : {"keep-alive, Upgrade"sv, "UPGRADE"sv})
        EXPECT_EQ(status_with(&R::connection, good), 0) << good;
    for (const auto& bad : {""sv, "keep-alive"sv, "upgrades"sv})
        EXPECT_EQ(status_with(&R::connection, bad), 400) << bad;
    EXPECT_EQ(status_with(&R::method, "POST"), 400);
    EXPECT_EQ(status_with(&R::method, "get"), 400);
    EXPECT_EQ(status_with(&R::protocol, "HTTP/1.0"), 400);
    EXPECT_EQ(status_with(&R::version, ""), 400);
    for (const auto& other : {"8"sv, "14"sv, "13, 8"sv, "013"sv, "13 "sv})
        EXPECT_EQ(status_with(&R::version, other), 426) << other;
    for (const auto& bad : {""sv, "dGhlIHNhbXBsZSBub25jZQ"sv, "dGhlIHNhbXBsZSBub25jZQ=a"sv,
                            "dGhlIHNhbXBsZSBub25jZR=="sv, "dGhlIHNhbXBsZSBub25jZQ==,dGhl"sv,
                            "dGhlIHNhbXBsZSBub2 jZQ=="sv, "dGhlIHNhbXBsZSBub25jZTE="sv})
        EXPECT_EQ(status_with(&R::key, bad), 400) << bad;
}

TEST(WsHandshake, LetsTheRequestsOwnHostIn) {  // WS-003
    struct Row {
        std::string_view host, origin;
        bool may;
    };
    constexpr Row kRows[]{
        {"a.test", "", true},
        {"a.test", "http://a.test", true},
        {"a.test", "https://a.test", true},
        {"A.Test", "HTTPS://a.tEST", true},
        {"a.test:80", "http://a.test", true},
        {"a.test", "http://a.test:80", true},
        {"a.test", "https://a.test:443", true},
        {"a.test:443", "https://a.test", true},
        {"a.test:8080", "http://a.test:8080", true},
        {"[::1]:8080", "http://[::1]:8080", true},
        {"a.test:443", "http://a.test", false},
        {"a.test", "http://a.test:443", false},
        {"a.test", "https://a.test:80", false},
        {"a.test:8080", "http://a.test", false},
        {"a.test", "http://b.a.test", false},
        {"a.test", "http://a.test.evil", false},
        {"a.test", "http://evil/a.test", false},
        {"a.test", "null", false},
        {"null", "null", false},
        {"a.test", "a.test", false},
        {"a.test", "ftp://a.test", false},
        {"", "http://", false},
        {"", "http://a.test", false},
    };
    for (const Row& row : kRows) {
        EXPECT_EQ(may_come_from({.host = row.host, .origin = row.origin}, {}), row.may)
            << row.host << " from " << row.origin;
    }
}

TEST(WsHandshake, LetsListedOriginsInAndNoOther) {  // WS-003
    const std::vector<std::string> listed{"https://b.test", "https://c.test:8443"};
    const std::vector<std::string> any{"*"};
    const auto may = [](std::string_view origin, const std::vector<std::string>& allowed) {
        return may_come_from({.host = "a.test", .origin = origin}, allowed);
    };
    EXPECT_TRUE(may("https://b.test", listed));
    EXPECT_TRUE(may("https://B.test", listed));
    EXPECT_TRUE(may("https://c.test:8443", listed));
    EXPECT_TRUE(may("", listed));
    EXPECT_FALSE(may("http://b.test", listed));
    EXPECT_FALSE(may("https://c.test", listed));
    EXPECT_FALSE(may("https://a.test", listed)) << "its own host must be listed, too";
    EXPECT_TRUE(may("http://anything", any));
    EXPECT_FALSE(may("null", any));
}

TEST(WsHandshake, ChoosesTheFirstOwnSubprotocolThatIsOffered) {  // WS-004
    const std::vector<std::string> own{"v2.chat", "v1.chat"};
    EXPECT_EQ(chosen_subprotocol("v1.chat, v2.chat", own), "v2.chat");
    EXPECT_EQ(chosen_subprotocol("x,v1.chat", own), "v1.chat");
    EXPECT_EQ(chosen_subprotocol("V1.chat", own), "") << "case counts";
    EXPECT_EQ(chosen_subprotocol("", own), "");
    EXPECT_EQ(chosen_subprotocol("v1.chat", {}), "");
}

}  // namespace
}  // namespace grove::http
