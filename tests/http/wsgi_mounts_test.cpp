// What the requests below a path have of their own: limits, time-outs, methods, headers.
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/wait.h>
#include <grove/http/input.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "served_application.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// Reads the whole body, and says how long it is.
http::Application measure_body() {
    return [](http::Environ& environ, http::StartResponse& start) {
        const std::string body = environ.input().read();
        start("200 OK", {});
        return http::Body{std::to_string(body.size())};
    };
}

http::WsgiOptions having(std::vector<http::MountOptions> mounts) {
    http::WsgiOptions options;
    options.mounts = std::move(mounts);
    return options;
}

std::string bytes_of(std::string_view method, std::string_view target,
                     std::string_view fields = "\r\n") {
    return std::string{method}
        .append(" ")
        .append(target)
        .append(" HTTP/1.1\r\nHost: h\r\n")
        .append(fields);
}

std::string post_head(std::string_view target, std::size_t length) {
    return bytes_of("POST", target, "Content-Length: " + std::to_string(length) + "\r\n\r\n");
}

GREENLET_TEST(MountOptions, AreThoseOfTheLongestPathThatFits) {
    http::WsgiOptions options = having({{.path = "/up/", .limits = {.body = 1000}},
                                        {.path = "/up/small"},
                                        {.path = "/up/none", .limits = {.body = 0}}});
    options.limits.body = 10;
    ServedApplication served{measure_body(), options};
    const struct {
        std::string_view target;
        std::string_view answer;  // to 100 bytes
    } rows[] = {
        {"/", "413"},        {"/up", "200"},         {"/up/", "200"},        {"/up/x?y", "200"},
        {"/%75p/x", "200"},  {"/up%2Fsmall", "413"}, {"/upper", "413"},      {"/UP", "413"},
        {"//up", "413"},     {"/up/small", "413"},   {"/up/small/x", "413"}, {"/up/smaller", "200"},
        {"/up/none", "413"}, {"http://h/up", "200"}, {"http://h/", "413"},   {"/x/../up", "413"},
    };
    for (const auto& [target, answer] : rows) {
        const std::string bytes = post_head(target, 100) + std::string(100, 'x');
        EXPECT_EQ(std::to_string(served.ask(bytes).status), answer) << target;
    }
}

GREENLET_TEST(MountOptions, CountWhateverTheApplicationMakesOfThePath) {
    http::WsgiOptions options = having({{.path = "/a", .headers = {{"X-Own", "a"}}}});
    ServedApplication served{[](http::Environ& environ, http::StartResponse& start) {
                                 const bool in_a = environ["PATH_INFO"] == "/a";
                                 environ.set("PATH_INFO", in_a ? "/b" : "/a");
                                 start("200 OK", {});
                                 return http::Body{};
                             },
                             options};
    EXPECT_EQ(served.ask(get("/a")).field("x-own"), "a");
    EXPECT_FALSE(served.ask(get("/b")).has("x-own"));
}

GREENLET_TEST(MountOptions, RefuseABodyByItsHeadAlone) {
    http::WsgiOptions options = having(
        {{.path = "/less", .limits = {.body = 5}}, {.path = "/more", .limits = {.body = 2000}}});
    options.limits.body = 1000;
    ServedApplication served{measure_body(), options};
    const struct {
        std::string_view target;
        std::size_t length;
    } rows[] = {{"/less", 6}, {"/", 1001}, {"/more", 2001}};
    for (const auto& [target, length] : rows) {
        const std::string head = post_head(target, length);
        for (std::size_t cut = 1; cut < head.size(); ++cut) {
            Client client{served.address()};
            client.send_cut_at(head, cut);  // and nothing of the body
            const Answer answer = client.answer();
            ASSERT_EQ(answer.status, 413) << target << cut;
            ASSERT_TRUE(answer.says_close());
        }
        const std::string awaits = "Expect: 100-continue\r\nContent-Length: ";
        EXPECT_EQ(served.ask(bytes_of("POST", target, awaits + std::to_string(length) + "\r\n\r\n"))
                      .status,
                  413)
            << "and no 100 before that";
    }
    EXPECT_EQ(served.calls, 0);
    for (const auto& [target, length] : rows) {
        const std::string body(length - 1, 'x');
        EXPECT_EQ(served.ask(post_head(target, body.size()) + body).body,
                  std::to_string(body.size()));
    }
}

GREENLET_TEST(MountOptions, BoundABodyOfUnknownLength) {
    http::WsgiOptions options = having(
        {{.path = "/less", .limits = {.body = 5}}, {.path = "/more", .limits = {.body = 20}}});
    options.limits.body = 10;
    ServedApplication served{measure_body(), options};
    const auto chunked = [&](std::string_view target, std::size_t length) {
        const char digit = "0123456789abcdef"[length];
        return served
            .ask(bytes_of("POST", target,
                          "Transfer-Encoding: chunked\r\n\r\n" + std::string{digit} + "\r\n" +
                              std::string(length, 'x') + "\r\n0\r\n\r\n"))
            .status;
    };
    EXPECT_EQ(chunked("/less", 5), 200);
    EXPECT_EQ(chunked("/less", 6), 413);
    EXPECT_EQ(chunked("/", 10), 200);
    EXPECT_EQ(chunked("/", 11), 413);
    EXPECT_EQ(chunked("/more", 15), 200);
}

GREENLET_TEST(MountOptions, AllowMethods) {
    ServedApplication served{tell({"REQUEST_METHOD"}),
                             having({{.path = "/read", .methods = {"GET", "QUERY"}},
                                     {.path = "/write", .methods = {"POST"}},
                                     {.path = "/head", .methods = {"HEAD", "GET"}},
                                     {.path = "/any"}})};
    const struct {
        std::string_view method;
        std::string_view target;
        int status;
        std::string_view allow;
    } rows[] = {
        {"GET", "/read", 200, ""},
        {"HEAD", "/read", 200, ""},
        {"QUERY", "/read/x", 200, ""},
        {"POST", "/read", 405, "GET, HEAD, QUERY"},
        {"OPTIONS", "/read", 405, "GET, HEAD, QUERY"},
        {"GET", "/write", 405, "POST"},
        {"HEAD", "/write", 405, "POST"},
        {"QUERY", "/write", 405, "POST"},
        {"PUT", "/head", 405, "HEAD, GET"},
        {"PUT", "/any", 200, ""},
        {"PUT", "/", 200, ""},
        {"QUERY", "/any", 501, ""},  // that one is known below /read alone
        {"QUERY", "/", 501, ""},
        {"QUER", "/read", 501, ""},
        {"query", "/read", 501, ""},
        {"CONNECT", "/read", 501, ""},
    };
    for (const auto& [method, target, status, allow] : rows) {
        const std::string bytes = bytes_of(method, target);
        for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
            Client client{served.address()};
            client.send_cut_at(bytes, cut);
            const Answer answer = client.answer(method == "HEAD");
            ASSERT_EQ(answer.status, status) << method << target << cut;
            ASSERT_EQ(answer.field("allow"), allow) << method << target;
            if (status == 200 && method != "HEAD") {
                ASSERT_EQ(answer.body, std::string{method} + "|");
            }
        }
    }
}

// What llhttp mends goes another way through the parser: a method that it does not know is one of these.
GREENLET_TEST(MountOptions, AllowAMethodWhateverElseItsHeadHolds) {
    ServedApplication served{tell({"REQUEST_METHOD", "HTTP_X", "CONTENT_LENGTH"}),
                             having({{.path = "/", .methods = {"UPDATE-ALL", "QUERY"}}})};
    EXPECT_EQ(served.ask(bytes_of("QUERY", "/", "X: a\t \r\nContent-Length: 2\r\n\r\nab")).body,
              "QUERY|a|2|");
    EXPECT_EQ(served.ask("UPDATE-ALL / HTTP/1.7\r\nHost: h\r\nX: b\r\n\r\n").body,
              "UPDATE-ALL|b||");
    EXPECT_EQ(served.ask("QUERY / HTTP/1.1\r\nX: b\r\n\r\n").status, 400) << "without Host";
}

GREENLET_TEST(MountOptions, AddHeadersThatTheAnswerDoesNotHave) {
    http::WsgiOptions options = having(
        {{.path = "/a",
          .headers = {{"X-Own", "1"}, {"X-Own", "2"}, {"Server", "mine"}, {"X-Frame", "no"}}}});
    options.server_header = "grove";
    ServedApplication served{[](http::Environ& environ, http::StartResponse& start) {
                                 if (environ["QUERY_STRING"] == "throw")
                                     throw std::runtime_error{"x"};
                                 if (environ["QUERY_STRING"] == "none") {
                                     start("204 No Content", {});
                                     return http::Body{};
                                 }
                                 start("200 OK", {{"x-own", "of the application"}});
                                 return http::Body{"told"};
                             },
                             options};
    const Answer given = served.ask(get("/a"));
    EXPECT_EQ(given.field("x-own"), "of the application");
    EXPECT_EQ(given.field("x-frame"), "no");
    EXPECT_EQ(given.field("server"), "mine");
    EXPECT_EQ(given.body, "told");
    const Answer bare = served.ask(get("/a?none"));
    EXPECT_EQ(bare.status, 204);
    EXPECT_EQ(bare.field("x-own"), "1, 2");
    EXPECT_EQ(served.ask(get("/")).field("server"), "grove");
    EXPECT_FALSE(served.ask(get("/a?throw")).has("x-own")) << "an answer of the server";
}

GREENLET_TEST(MountOptions, AreCheckedWhenTheServerIsMade) {
    const std::vector<http::MountOptions> rows[] = {
        {{.path = "a"}},
        {{.path = ""}},
        {{.path = "/a"}, {.path = "/a/"}},
        {{.methods = {"a b"}}},
        {{.methods = {""}}},
        {{.methods = {"GET", "CONNECT"}}},
        {{.headers = {{"a b", "c"}}}},
        {{.headers = {{"A", "b\r\nC: d"}}}},
        {{.headers = {{"Content-Length", "1"}}}},
        {{.headers = {{"connection", "close"}}}},
        {{.headers = {{"Transfer-Encoding", "chunked"}}}},
    };
    for (const auto& mounts : rows) {
        EXPECT_THROW((http::WsgiServer{"127.0.0.1:0", say_hello(), having(mounts)}),
                     std::invalid_argument);
    }
}

/// Answers in that time.
http::Application answer_after(Duration time) {
    return [time](http::Environ&, http::StartResponse& start) {
        sleep(time);
        start("200 OK", {});
        return http::Body{"told"};
    };
}

FAKE_CLOCK_TEST(MountOptions, BoundTheTimeOfARequest) {
    http::WsgiOptions options = having({{.path = "/less", .timeouts = {.request = 1s}},
                                        {.path = "/more", .timeouts = {.request = 6s}},
                                        {.path = "/any", .timeouts = {.request = Timespan{}}}});
    options.timeouts.request = 3s;
    ServedApplication served{answer_after(5s), options};
    const struct {
        std::string_view target;
        int status;
        Duration after;
    } rows[] = {{"/less", 503, 1s}, {"/", 503, 3s}, {"/more", 200, 5s}, {"/any", 200, 5s}};
    for (const auto& [target, status, after] : rows) {
        const auto began = now();
        EXPECT_EQ(served.ask(get(target)).status, status) << target;
        EXPECT_EQ(now() - began, after) << target;
    }
}

FAKE_CLOCK_TEST(MountOptions, BoundTheWaitForASlot) {
    http::WsgiOptions options = having({{.path = "/less", .timeouts = {.request = 1s}},
                                        {.path = "/more", .timeouts = {.request = Timespan{}}}});
    options.timeouts.request = 3s;
    options.spawn = 1;
    ServedApplication served{answer_after(3500ms), options};
    Client first{served.address()};
    first.send(get("/more"));
    let_the_hub_turn();
    const auto began = now();
    std::vector<std::pair<std::string, Duration>> ends;
    std::vector<AnyGreenlet> waiting;
    for (const char* target : {"/", "/more", "/less"}) {
        waiting.push_back(spawn({.stack_bytes = 262144}, [&, target] {
            const int status = served.ask(get(target)).status;
            ends.emplace_back(target + (" " + std::to_string(status)), now() - began);
        }));
    }
    joinall(waiting);
    const std::vector<std::pair<std::string, Duration>> expected{
        {"/less 503", 1s}, {"/ 503", 3s}, {"/more 200", 7s}};
    EXPECT_EQ(ends, expected);
    EXPECT_EQ(served.calls, 2);
}

// Each mount has a line of its own, and who has waited longest of all is served.
FAKE_CLOCK_TEST(MountOptions, ChangeNothingOfWhoIsServedFirst) {
    http::WsgiOptions options = having({{.path = "/a", .timeouts = {.request = 100s}},
                                        {.path = "/b", .timeouts = {.request = 50s}}});
    options.spawn = 1;
    Event go;
    std::vector<std::string> order;
    ServedApplication served{[&](http::Environ& environ, http::StartResponse& start) {
                                 go.wait();
                                 order.emplace_back(environ["PATH_INFO"]);
                                 start("200 OK", {});
                                 return http::Body{};
                             },
                             options};
    const std::vector<std::string> targets{"/", "/b/1", "/a/1", "/2", "/a/2", "/b/2", "/3"};
    std::vector<Client> clients;
    for (const std::string& target : targets) {
        clients.emplace_back(served.address()).send(get(target));
        sleep(1ms);
    }
    EXPECT_EQ(served.server.requests().size(), targets.size());
    go.set();
    for (Client& client : clients) EXPECT_EQ(client.answer().status, 200);
    EXPECT_EQ(order, targets);
}

FAKE_CLOCK_TEST(MountOptions, BoundTheWaitForABody) {
    http::WsgiOptions options = having(
        {{.path = "/less", .timeouts = {.body = 1s}}, {.path = "/more", .timeouts = {.body = 6s}}});
    options.timeouts.body = 3s;
    ServedApplication served{measure_body(), options};
    const std::pair<std::string_view, Duration> rows[] = {{"/less", 1s}, {"/", 3s}, {"/more", 6s}};
    for (const std::size_t length : {100U, 100'000U}) {  // waited for before the slot, and with it
        for (const auto& [target, after] : rows) {
            const auto began = now();
            EXPECT_EQ(served.ask(post_head(target, length) + "x").status, 408) << target;
            EXPECT_EQ(now() - began, after) << target << length;
        }
    }
}

FAKE_CLOCK_TEST(MountOptions, BoundTheRateOfABody) {
    http::WsgiOptions options = having({{.path = "/fast", .limits = {.body_rate = 100}},
                                        {.path = "/any", .limits = {.body_rate = 0}}});
    options.timeouts.body = 2s;
    options.limits.body_rate = 10;
    ServedApplication served{measure_body(), options};
    const auto drip = [&](std::string_view target) {  // 50 bytes a second
        Client client{served.address()};
        client.send(post_head(target, 300));
        for (int i = 0; i < 6; ++i) {
            sleep(1s);
            if (!client.silent()) break;
            client.send(std::string(50, 'x'));
        }
        return client.answer().status;
    };
    EXPECT_EQ(drip("/fast"), 408);
    EXPECT_EQ(drip("/any"), 200);
    EXPECT_EQ(drip("/"), 200);
}

FAKE_CLOCK_TEST(MountOptions, BoundTheWaitForAReader) {
    http::WsgiOptions options = having({{.path = "/less", .timeouts = {.write = 1s}},
                                        {.path = "/more", .timeouts = {.write = 60s}}});
    options.timeouts.write = 10s;
    ServedApplication served{[](http::Environ&, http::StartResponse& start) {
                                 start("200 OK", {});
                                 return http::Body{std::string(24'000'000, 'x')};
                             },
                             options};
    const std::pair<std::string_view, Duration> rows[] = {
        {"/less", 1s}, {"/", 10s}, {"/more", 60s}};
    for (const auto& [target, after] : rows) {
        Client client{served.address()};
        client.send(get(target));
        let_the_hub_turn();
        sleep(after - 100ms);
        EXPECT_EQ(served.server.connections(), 1U) << target;
        sleep(200ms);
        EXPECT_TRUE(served.quiet()) << target;
    }
}

}  // namespace
}  // namespace grove::test
