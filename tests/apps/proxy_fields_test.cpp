// What an upstream is told of a request, and a client of an answer (C-051, C-055).
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include <grove/http/http_error.h>
#include <grove/testing.h>

#include "apps/proxy/forwarded_fields.h"
#include "apps/proxy/target.h"
#include "greenlet_test.h"

namespace grove::test {
namespace {

using http::Headers;
using testing::AllOf;
using testing::Contains;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Key;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

/// What an upstream gets of these fields.
Headers passed(Headers fields, http::WsgiOptions options = {}, std::string_view host = "h") {
    Headers passed;
    const http::Application application = [&](http::Environ& request, http::StartResponse& start) {
        passed = request_fields(request, host);
        start("204 No Content", {});
        return http::Body{};
    };
    const http::TestRequest asked{.headers = std::move(fields), .peer = "192.0.2.7"};
    const http::TestAnswer answer = http::call(application, asked, std::move(options));
    if (answer.status != 204) passed = {{"refused", std::to_string(answer.status)}};
    return passed;
}

http::WsgiOptions trusting() { return {.trusted_proxies = {"192.0.2.7"}}; }

GREENLET_TEST(ProxyFields, AreMadeAnewOneOfEachName) {
    EXPECT_THAT(passed({{"Host", "app.test"},
                        {"X-A", "1"},
                        {"x-a", "2"},
                        {"COOKIE", "a=b"},
                        {"cookie", "c=d"},
                        {"Content-Type", "text/x"},
                        {"under_score", "dropped"},
                        {"X-Long-Name-1", "v"}}),
                UnorderedElementsAre(
                    Pair("Host", "h"), Pair("X-A", "1,2"), Pair("Cookie", "a=b; c=d"),
                    Pair("Content-Type", "text/x"), Pair("X-Long-Name-1", "v"),
                    Pair("X-Forwarded-For", "192.0.2.7"), Pair("X-Forwarded-Proto", "http"),
                    Pair("X-Forwarded-Host", "app.test")));
    EXPECT_THAT(passed({}, {}, ""), Not(Contains(Key("Host"))));
}

GREENLET_TEST(ProxyFields, OfTheConnectionAreRemovedFromARequest) {
    EXPECT_THAT(passed({{"Connection", "close, X-Named , ,x-forwarded-for, Host, content-type"},
                        {"connection", "another"},
                        {"Content-Type", "text/x"},
                        {"X-Named", "1"},
                        {"Another", "1"},
                        {"Keep-Alive", "5"},
                        {"Proxy-Connection", "x"},
                        {"TE", "trailers"},
                        {"Trailer", "X"},
                        {"Upgrade", "h2c"},
                        {"HTTP2-Settings", "x"},
                        {"Proxy-Authorization", "x"},
                        {"Expect", "100-continue"},
                        {"X-Forwarded-For", "10.0.0.1"}}),
                UnorderedElementsAre(Pair("Host", "h"), Pair("X-Forwarded-For", "192.0.2.7"),
                                     Pair("X-Forwarded-Proto", "http"),
                                     Pair("X-Forwarded-Host", "localhost")));
}

// C-051
GREENLET_TEST(ProxyFields, OfAnUntrustedPeerAreReplaced) {
    EXPECT_THAT(passed({{"Host", "app.test"},
                        {"X-Forwarded-For", "10.0.0.1"},
                        {"X-Forwarded-Proto", "https"},
                        {"X-Forwarded-Host", "evil.test"},
                        {"X-Forwarded-Port", "1"},
                        {"X-Real-IP", "10.0.0.1"},
                        {"Forwarded", "for=10.0.0.1"}}),
                UnorderedElementsAre(Pair("Host", "h"), Pair("X-Forwarded-For", "192.0.2.7"),
                                     Pair("X-Forwarded-Proto", "http"),
                                     Pair("X-Forwarded-Host", "app.test")));
}

// C-051
GREENLET_TEST(ProxyFields, OfATrustedPeerAreKept) {
    const Headers given{{"X-Forwarded-For", "spoofed, 198.51.100.1"},
                        {"X-Forwarded-Proto", "https"},
                        {"X-Forwarded-Host", "public.test"},
                        {"X-Forwarded-Port", "444"},
                        {"Forwarded", "for=198.51.100.1"}};
    EXPECT_THAT(passed(given, trusting()), IsSupersetOf(given));
    EXPECT_THAT(passed({{"Host", "app.test"}, {"X-Forwarded-For", "198.51.100.1"}}, trusting()),
                AllOf(Contains(Pair("X-Forwarded-For", "198.51.100.1")),
                      Contains(Pair("X-Forwarded-Proto", "http")),
                      Contains(Pair("X-Forwarded-Host", "app.test"))));
}

GREENLET_TEST(ProxyFields, TellTheIdsThatTheLogHas) {
    const Headers fields = passed({{"X-Request-Id", "the client's own"}}, {.request_ids = true});
    EXPECT_THAT(fields, Contains(Key("X-Request-Id")));
    EXPECT_THAT(fields, Not(Contains(Pair("X-Request-Id", "the client's own"))));
    EXPECT_THAT(passed({{"X-Request-Id", "one"}}), Contains(Pair("X-Request-Id", "one")));
    EXPECT_THAT(passed({}, {.traceparent = true}), Contains(Key("Traceparent")));
}

GREENLET_TEST(ProxyFields, NamedByTheThousandAreRefused) {
    std::string names = "a";
    for (int i = 0; i < 1000; ++i) names += ",a";
    EXPECT_THAT(passed({{"Connection", names}}), UnorderedElementsAre(Pair("refused", "400")));
    EXPECT_THROW(answer_fields({{"Connection", names}}), http::HttpError);
}

TEST(ProxyFields, OfTheConnectionAreRemovedFromAnAnswer) {
    EXPECT_THAT(answer_fields({{"Connection", "x-own"},
                               {"X-Own", "1"},
                               {"Keep-Alive", "timeout=5"},
                               {"Transfer-Encoding", "chunked"},
                               {"Trailer", "X"},
                               {"Upgrade", "h2c"},
                               {"Proxy-Authenticate", "x"}}),
                IsEmpty());
    const Headers kept{
        {"Set-Cookie", "a"}, {"Set-Cookie", "b"}, {"Content-Length", "5"}, {"Date", "d"}};
    EXPECT_EQ(answer_fields(kept), kept);
}

struct UpgradeCase {
    const char* connection;
    const char* upgrade;
    bool asks;
};

GREENLET_TEST(ProxyFields, AskForAWebSocketAndForNoOtherProtocol) {
    for (const UpgradeCase& row :
         {UpgradeCase{"Upgrade", "websocket", true},
          UpgradeCase{"keep-alive, upgrade", "WebSocket", true},
          UpgradeCase{"close", "websocket", false}, UpgradeCase{"Upgrade", "h2c", false},
          UpgradeCase{"Upgrade", "websocket, h2c", false}}) {
        bool asks = !row.asks;
        http::call(
            [&](http::Environ& request, http::StartResponse& start) {
                asks = asks_for_websocket(request);
                start("200 OK", {});
                return http::Body{};
            },
            {.headers = {{"Connection", row.connection}, {"Upgrade", row.upgrade}}});
        EXPECT_EQ(asks, row.asks) << row.connection << " / " << row.upgrade;
    }
}

TEST(ProxyTarget, IsSpeltAsItWas) {
    EXPECT_EQ(upstream_target("/a%2Fb/./c?d=e&%20", ""), "/a%2Fb/./c?d=e&%20");
    EXPECT_EQ(upstream_target("/", ""), "/");
    EXPECT_EQ(upstream_target("http://host:80/a?b", ""), "/a?b");
    EXPECT_EQ(upstream_target("http://host", ""), "/");
    EXPECT_EQ(upstream_target("http://host?q", ""), "/?q");
    EXPECT_EQ(upstream_target("*", ""), std::nullopt);
    EXPECT_EQ(upstream_target("host:80", ""), std::nullopt);
}

TEST(ProxyTarget, IsStrippedOfItsMountHoweverThatIsSpelt) {
    EXPECT_EQ(upstream_target("/api/a?b", "/api"), "/a?b");
    EXPECT_EQ(upstream_target("/api", "/api"), "/");
    EXPECT_EQ(upstream_target("/api?q", "/api"), "/?q");
    EXPECT_EQ(upstream_target("/%61pi/%61?b", "/api"), "/%61?b");
    EXPECT_EQ(upstream_target("/%61%70%69", "/api"), "/");
    EXPECT_EQ(upstream_target("/api%2Fa", "/api"), "/a");
    EXPECT_EQ(upstream_target("http://h/api/x", "/api"), "/x");
}

TEST(ProxyTarget, MayLeadOutOfTheMountByDotSegments) {
    for (const char* path : {"/api/../b", "/..", "/./a", "/a/.", "..", "/a/..", "/api/..;/b",
                             "/.;x=y/b", "/api\\..\\b", "/a/..\\b"})
        EXPECT_TRUE(has_dot_segment(path)) << path;
    for (const char* path :
         {"", "/", "/a..b/c", "/...", "/.well-known/x", "/a./b", "/a;../b", "/a\\b;c", "/...;x"})
        EXPECT_FALSE(has_dot_segment(path)) << path;
}

}  // namespace
}  // namespace grove::test
