// What is believed of whom (S-071), and the id that every request may have.
#include <set>
#include <string>
#include <string_view>

#include <gmock/gmock.h>

#include "greenlet_test.h"
#include "served_application.h"
#include "temporary_folder.h"

namespace grove::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

constexpr std::string_view kForged =
    "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n"
    "X_Forwarded_For: 192.0.2.2\r\nX-Request-Id: theirs\r\n";

GREENLET_TEST(TrustedProxies, AreBelievedAboutTheirClients) {
    std::vector<std::string> logged;
    ServedApplication served{
        tell({"REMOTE_ADDR", "REMOTE_PORT", "wsgi.url_scheme", "HTTP_X_FORWARDED_FOR"}),
        {.access_log =
             [&](const http::AccessRecord& record) { logged.emplace_back(record.remote_addr); },
         .trusted_proxies = {"127.0.0.0/8"}}};
    EXPECT_EQ(served.ask(get("/", kForged)).body, "192.0.2.1||https|192.0.2.1|");
    EXPECT_EQ(served.ask(get("/", "X-Forwarded-For: nonsense\r\nX-Forwarded-Proto: x\r\n"))
                  .body.substr(0, 10),
              "127.0.0.1|");
    EXPECT_TRUE(served.quiet());
    EXPECT_THAT(logged, ElementsAre("192.0.2.1", "127.0.0.1"));
}

GREENLET_TEST(TrustedProxies, AreNotWhoeverConnects) {
    for (const std::vector<std::string>& trusted :
         {std::vector<std::string>{}, {"10.0.0.0/8", "::1"}}) {
        std::vector<std::string> logged;
        ServedApplication served{
            tell({"REMOTE_ADDR", "wsgi.url_scheme", "HTTP_X_FORWARDED_FOR"}),
            {.access_log =
                 [&](const http::AccessRecord& record) { logged.emplace_back(record.remote_addr); },
             .trusted_proxies = trusted}};
        EXPECT_EQ(served.ask(get("/", kForged)).body, "127.0.0.1|http|192.0.2.1|");
        EXPECT_TRUE(served.quiet());
        EXPECT_THAT(logged, ElementsAre("127.0.0.1"));
    }
}

// O-018
GREENLET_TEST(TrustedProxies, MayBeAllThatComeOverAUnixSocket) {
    const auto told = [](const std::vector<std::string>& trusted) {
        const TemporaryFolder folder;
        const std::string path = folder.path() / "socket";
        std::string logged;
        http::WsgiServer server{
            "unix:" + path,
            tell({"REMOTE_ADDR", "REMOTE_PORT", "wsgi.url_scheme", "grove.request_id"}),
            {.access_log = [&](const http::AccessRecord& record) { logged = record.remote_addr; },
             .request_ids = true,
             .trusted_proxies = trusted}};
        server.start();
        Client client{Address::unix_path(path)};
        client.send(get("/", kForged));
        const Answer answer = client.answer();
        client.close();
        server.stop();
        const bool believed = answer.field("x-request-id") == "theirs";
        return answer.body.substr(0, answer.body.rfind('|', answer.body.size() - 2)) + "|" +
               logged + (believed ? "|believed" : "|not believed");
    };
    EXPECT_EQ(told({"unix"}), "192.0.2.1||https|192.0.2.1|believed");
    EXPECT_EQ(told({"10.0.0.0/8", "unix"}), "192.0.2.1||https|192.0.2.1|believed");
    EXPECT_EQ(told({"0.0.0.0/0", "::/0"}), "||http||not believed");
    EXPECT_EQ(told({}), "||http||not believed");
}

GREENLET_TEST(TrustedProxies, OfAUnixSocketAreNoOthers) {  // O-018
    ServedApplication served{tell({"REMOTE_ADDR", "wsgi.url_scheme"}),
                             {.trusted_proxies = {"unix"}}};
    EXPECT_EQ(served.ask(get("/", kForged)).body, "127.0.0.1|http|");
    EXPECT_EQ(served.ask(get("/", "X-Forwarded-For: unix\r\n")).body, "127.0.0.1|http|");
}

GREENLET_TEST(TrustedProxies, MustBeAddresses) {
    EXPECT_THROW(ServedApplication(say_hello(), {.trusted_proxies = {"localhost"}}),
                 std::invalid_argument);
}

/// What the environ says of where the request went.
std::string server_told(ServedApplication& served, std::string_view fields,
                        std::string_view target = "/") {
    return served.ask(get(target, fields)).body;
}

const std::vector<std::string> kOfTheServer{"REMOTE_ADDR", "wsgi.url_scheme", "HTTP_HOST",
                                            "SERVER_NAME", "SERVER_PORT"};
constexpr std::string_view kAll =
    "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: a.org\r\n"
    "X-Forwarded-Port: 8443\r\nForwarded: for=192.0.2.2;proto=http;host=\"b.org:81\"\r\n";

GREENLET_TEST(TrustedProxies, AreBelievedInOneFamilyOfFields) {  // O-088
    const auto told = [](http::Forwarded family, const std::string& trusted) {
        ServedApplication served{tell(kOfTheServer),
                                 {.trusted_proxies = {trusted}, .forwarded = family}};
        const std::string port = std::to_string(served.address().port());
        std::string text = server_told(served, kAll);
        const std::size_t at = text.find("|" + port + "|");
        return at == text.npos ? text : text.replace(at + 1, port.size(), "own");
    };
    using http::Forwarded;
    const std::string own = "h|127.0.0.1|own|";
    EXPECT_EQ(told(Forwarded::kXForwarded, "127.0.0.1"), "192.0.2.1|https|" + own);
    EXPECT_EQ(told(Forwarded::kXForwardedAll, "127.0.0.1"), "192.0.2.1|https|a.org|a.org|8443|");
    EXPECT_EQ(told(Forwarded::kForwarded, "127.0.0.1"), "192.0.2.2|http|b.org:81|b.org|81|");
    for (const auto family :
         {Forwarded::kXForwarded, Forwarded::kXForwardedAll, Forwarded::kForwarded})
        EXPECT_EQ(told(family, "10.0.0.1"), "127.0.0.1|http|" + own);
}

GREENLET_TEST(TrustedProxies, TellOfTheHostTheClientAskedFor) {  // O-088
    ServedApplication served{
        tell({"HTTP_HOST", "SERVER_NAME", "SERVER_PORT"}),
        {.trusted_proxies = {"127.0.0.1"}, .forwarded = http::Forwarded::kXForwardedAll}};
    const std::string own = "h|127.0.0.1|" + std::to_string(served.address().port()) + "|";
    EXPECT_EQ(server_told(served, ""), own);
    EXPECT_EQ(server_told(served, "X-Forwarded-Host: a.org\r\n"), "a.org|a.org|80|");
    EXPECT_EQ(server_told(served, "X-Forwarded-Host: a.org\r\nX-Forwarded-Proto: https\r\n"),
              "a.org|a.org|443|");
    EXPECT_EQ(server_told(served, "X-Forwarded-Host: a.org:81\r\n"), "a.org:81|a.org|81|");
    EXPECT_EQ(server_told(served, "X-Forwarded-Host: [2001:db8::1]:81\r\n"),
              "[2001:db8::1]:81|2001:db8::1|81|");
    EXPECT_EQ(server_told(served, "X-Forwarded-Host: [2001:db8::1]\r\n"),
              "[2001:db8::1]|2001:db8::1|80|");
    EXPECT_EQ(server_told(served, "X-Forwarded-Port: 443\r\n"), "h|127.0.0.1|443|");
    EXPECT_EQ(server_told(served, "X-Forwarded-Host: a.org\r\n", "http://c.org/"),
              "a.org|a.org|80|");
    EXPECT_EQ(server_told(served, "X_Forwarded_Host: evil\r\n"), own);
    // What would be refused as a Host is not believed.
    for (const std::string_view bad :
         {"a.org/x", "u@a.org", "a b", "a.org:x", "a.org:99999", "<script>", "a.org, ", "[::1", "",
          "a.org\\", "a\xc3\xa4.org"}) {
        EXPECT_EQ(server_told(served, "X-Forwarded-Host: " + std::string{bad} + "\r\n"), own)
            << bad;
    }
}

GREENLET_TEST(TrustedProxies, TellOfTheHostInAllThereIsOfTheEnviron) {  // O-088
    ServedApplication served{
        [](http::Environ& environ, http::StartResponse& start) {
            start("200 OK", {});
            const auto items = environ.items();
            return http::Body{items.at("HTTP_HOST") + "|" + items.at("SERVER_NAME") + "|" +
                              items.at("HTTP_X_FORWARDED_HOST")};
        },
        {.trusted_proxies = {"127.0.0.1"}, .forwarded = http::Forwarded::kXForwardedAll}};
    EXPECT_EQ(server_told(served, "X-Forwarded-Host: a.org\r\n"), "a.org|a.org|a.org");
    EXPECT_EQ(served.ask("GET / HTTP/1.0\r\nX-Forwarded-Host: a.org\r\n\r\n").body,
              "a.org|a.org|a.org");
}

GREENLET_TEST(TrustedProxies, DoNotRenameAServerWithANameOfItsOwn) {  // O-088
    ServedApplication served{tell({"HTTP_HOST", "SERVER_NAME"}),
                             {.server_name = "mine.org",
                              .trusted_proxies = {"127.0.0.1"},
                              .forwarded = http::Forwarded::kForwarded}};
    EXPECT_EQ(server_told(served, "Forwarded: host=a.org\r\n"), "a.org|mine.org|");
}

GREENLET_TEST(RequestId, IsNotThereUnlessAskedFor) {
    ServedApplication served{tell({"grove.request_id", "HTTP_X_REQUEST_ID"}),
                             {.trusted_proxies = {"127.0.0.1"}}};
    const Answer answer = served.ask(get("/", kForged));
    EXPECT_EQ(answer.body, "|theirs|");
    EXPECT_FALSE(answer.has("x-request-id"));
}

GREENLET_TEST(RequestId, IsTheSameForTheApplicationTheClientAndTheLog) {
    std::vector<std::string> logged;
    ServedApplication served{
        tell({"grove.request_id", "HTTP_X_REQUEST_ID"}),
        {.access_log =
             [&](const http::AccessRecord& record) { logged.emplace_back(record.request_id); },
         .request_ids = true}};
    Client client{served.address()};
    client.send(get("/", kForged) + get("/"));
    const Answer first = client.answer();
    const Answer second = client.answer();
    const std::string id = first.field("x-request-id");
    EXPECT_THAT(id, MatchesRegex("[0-9a-f]{16}"));
    EXPECT_EQ(first.body, id + "|theirs|");  // a stranger's is nothing but a field
    EXPECT_NE(second.field("x-request-id"), id);
    EXPECT_EQ(second.body, second.field("x-request-id") + "||");
    client.close();
    EXPECT_TRUE(served.quiet());
    EXPECT_THAT(logged, ElementsAre(id, second.field("x-request-id")));
}

GREENLET_TEST(RequestId, IsThatOfATrustedProxyIfItIsSane) {
    ServedApplication served{tell({"grove.request_id"}),
                             {.request_ids = true, .trusted_proxies = {"127.0.0.1"}}};
    const auto id_for = [&](const std::string& value) {
        const Answer answer = served.ask(get("/", "X-Request-Id: " + value + "\r\n"));
        EXPECT_EQ(answer.body, answer.field("x-request-id") + "|");
        return answer.field("x-request-id");
    };
    const std::string uuid = "0190a2c4-7d1e-7c3a-9e0b-5f2c1d0e9b8a";
    EXPECT_EQ(id_for(uuid), uuid);
    EXPECT_EQ(id_for(std::string(128, 'a')), std::string(128, 'a'));
    for (const std::string& bad :
         {std::string(129, 'a'), std::string{}, std::string{"a b"}, std::string{"a\"b"},
          std::string{"a\xc3\xa4"}, std::string{"a,b"}})
        EXPECT_THAT(id_for(bad), MatchesRegex("[0-9a-f]{16}")) << bad;
}

GREENLET_TEST(RequestId, IsNoneOfTwoThatAreTold) {  // O-083
    ServedApplication served{tell({"grove.request_id", "HTTP_X_REQUEST_ID"}),
                             {.request_ids = true, .trusted_proxies = {"127.0.0.1"}}};
    for (const std::string_view fields : {"X-Request-Id: clients\r\nX-Request-Id: proxys\r\n",
                                          "X-Request-Id: same\r\nx-request-id: same\r\n",
                                          "X-Request-Id: clients\r\nX: y\r\nX-Request-Id: \r\n",
                                          "X-Request-Id:\r\nX-Request-Id: proxys\r\n"}) {
        const Answer answer = served.ask(get("/", fields));
        const std::string id = answer.field("x-request-id");
        EXPECT_THAT(id, MatchesRegex("[0-9a-f]{16}")) << fields;
        EXPECT_THAT(answer.body, StartsWith(id + "|")) << fields;
    }
}

GREENLET_TEST(RequestId, OfTheApplicationsOwnAnswerStays) {
    ServedApplication served{[](http::Environ&, http::StartResponse& start) {
                                 start("200 OK", {{"X-Request-ID", "mine"}});
                                 return http::Body{"x"};
                             },
                             {.request_ids = true}};
    EXPECT_EQ(served.ask(get()).field("x-request-id"), "mine");
}

GREENLET_TEST(RequestId, IsInRefusalsAndFailuresToo) {
    ServedApplication served{[](http::Environ&, http::StartResponse&) -> http::Body {
                                 throw std::runtime_error{"boom"};
                             },
                             {.request_ids = true}};
    for (const std::string& request :
         {get(), std::string{"bad\r\n\r\n"}, get("/", "Host: twice\r\n")}) {
        const std::size_t before = served.errors.size();
        const Answer answer = served.ask(request);
        const std::string id = answer.field("x-request-id");
        EXPECT_THAT(id, MatchesRegex("[0-9a-f]{16}"));
        ASSERT_EQ(served.errors.size(), before + 1);
        EXPECT_THAT(served.errors.back(), HasSubstr("request " + id));
    }
}

GREENLET_TEST(RequestId, IsHardlyEverTheSame) {
    ServedApplication served{tell({}), {.request_ids = true}};
    std::set<std::string> ids;
    Client client{served.address()};
    constexpr std::size_t kRequests = 1500;  // the random bytes are fetched anew meanwhile
    for (std::size_t i = 0; i < kRequests; ++i) {
        client.send(get());
        ids.insert(client.answer().field("x-request-id"));
    }
    EXPECT_EQ(ids.size(), kRequests);
}

}  // namespace
}  // namespace grove::test
