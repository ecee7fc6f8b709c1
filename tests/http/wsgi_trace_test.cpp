// The trace that a request belongs to, and whether its peer is believed. A-059
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "greenlet_test.h"
#include "served_application.h"

namespace grove::test {
namespace {

using ::testing::ElementsAre;
using ::testing::MatchesRegex;

constexpr const char* kMade = "00-[0-9a-f]{32}-[0-9a-f]{16}-00";
const std::string kTold = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

std::string without_bar(std::string text) { return text.substr(0, text.rfind('|')); }

GREENLET_TEST(Trace, IsNotThereUnlessAskedFor) {
    ServedApplication served{tell({"grove.traceparent", "HTTP_TRACEPARENT"}),
                             {.trusted_proxies = {"127.0.0.1"}}};
    EXPECT_EQ(served.ask(get("/", "traceparent: " + kTold + "\r\n")).body, "|" + kTold + "|");
}

GREENLET_TEST(Trace, OfATrustedPeerIsTakenOver) {
    ServedApplication served{tell({"grove.traceparent"}),
                             {.trusted_proxies = {"127.0.0.1"}, .traceparent = true}};
    const auto trace_for = [&](const std::string& fields) {
        return without_bar(served.ask(get("/", fields)).body);
    };
    EXPECT_EQ(trace_for("Traceparent: " + kTold + "\r\n"), kTold);
    for (const std::string& bad : {std::string{}, std::string{"traceparent: 00-nonsense\r\n"},
                                   "traceparent: " + kTold + "\r\ntraceparent: " + kTold + "\r\n"})
        EXPECT_THAT(trace_for(bad), MatchesRegex(kMade)) << bad;
}

GREENLET_TEST(Trace, OfAStrangerBeginsHereAndIsTheSameInTheLog) {
    std::vector<std::string> logged;
    ServedApplication served{
        tell({"grove.traceparent", "grove.traceparent"}),
        {.access_log = [&](const http::AccessRecord& record) { logged.emplace_back(record.trace); },
         .trusted_proxies = {"10.0.0.0/8"},
         .traceparent = true}};
    std::vector<std::string> traces;
    for (int i = 0; i < 2; ++i) {
        const std::string body = served.ask(get("/", "traceparent: " + kTold + "\r\n")).body;
        traces.push_back(body.substr(0, body.find('|')));
        EXPECT_EQ(body, traces.back() + "|" + traces.back() + "|");
        EXPECT_THAT(traces.back(), MatchesRegex(kMade));
    }
    EXPECT_NE(traces[0], traces[1]);
    EXPECT_TRUE(served.quiet());
    EXPECT_THAT(logged, ElementsAre(traces[0], traces[1]));
}

GREENLET_TEST(Trace, IsLoggedOfARefusedRequestToo) {
    std::string logged;
    ServedApplication served{
        say_hello(),
        {.limits = {.body = 1},
         .access_log = [&](const http::AccessRecord& record) { logged = record.trace; },
         .trusted_proxies = {"127.0.0.1"},
         .traceparent = true}};
    EXPECT_EQ(served.ask(post("much", "traceparent: " + kTold + "\r\n")).status, 413);
    EXPECT_TRUE(served.quiet());
    EXPECT_EQ(logged, kTold);
}

GREENLET_TEST(TrustedPeer, IsOneOfTheTrustedProxies) {
    for (const auto& [trusted, told] :
         {std::pair{std::vector<std::string>{"127.0.0.0/8"}, "trusted"},
          std::pair{std::vector<std::string>{"10.0.0.0/8"}, "not trusted"},
          std::pair{std::vector<std::string>{}, "not trusted"}}) {
        ServedApplication served{
            [](http::Environ& environ, http::StartResponse& start) {
                start("200 OK", {});
                return http::Body{environ.from_trusted_peer() ? "trusted" : "not trusted"};
            },
            {.trusted_proxies = trusted}};
        EXPECT_EQ(served.ask(get()).body, told);
    }
}

}  // namespace
}  // namespace grove::test
