// Redirects (C-004).
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/greenlet.h>
#include <grove/http/client.h>

#include "greenlet_test.h"
#include "scripted_server.h"
#include "temporary_folder.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::ClientError;
using http::Headers;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Kind = ClientError::Kind;

/// "/STATUS/REST" is answered with that status and the Location `target` + REST; all else with 200 and the request.
struct Redirector {
    std::string target{};
    std::vector<std::string> requests{};
    ScriptedServer server{[this](Peer& peer) {
        for (std::string request; !(request = peer.request()).empty();) {
            requests.push_back(request);
            const std::size_t at = request.find(" /") + 2;
            const std::string status = request.substr(at, 3);
            const bool redirects = status[0] == '3' && request[at + 3] == '/';
            const std::string rest = request.substr(at + 4, request.find(' ', at) - at - 4);
            if (redirects) {
                peer.say("HTTP/1.1 " + status + " Go\r\nContent-Length: 4\r\nLocation: " + target +
                         rest + "\r\n\r\nbody");
            } else {
                peer.answer("arrived");
            }
        }
    }};
};

GREENLET_TEST(ClientRedirects, AreTheAnswerUnlessTheyAreWanted) {
    Redirector to;
    http::Client client;
    auto answer = client.get(to.server.url("/302/x"));
    EXPECT_EQ(answer.status(), 302);
    EXPECT_EQ(answer.header("location"), "x");
    EXPECT_EQ(answer.read(), "body");
}

GREENLET_TEST(ClientRedirects, AreFollowedOnTheSameConnection) {
    Redirector to;
    to.target = "/";
    http::Client client{{.redirects = 2}};
    auto answer = client.get(to.server.url("/302/301/end?q"));
    EXPECT_EQ(answer.read(), "arrived");
    EXPECT_EQ(answer.url(), to.server.url("/end?q"));
    EXPECT_EQ(to.server.connections, 1);
    EXPECT_EQ(kind_of([&] { client.get(to.server.url("/302/302/302/end")); }), Kind::kRedirect);
}

GREENLET_TEST(ClientRedirects, MayHaveBytesOutsideOfAscii) {
    Redirector to;
    to.target = "/caf\xc3\xa9?";
    http::Client client{{.redirects = 1}};
    auto answer = client.get(to.server.url("/302/q"));
    EXPECT_EQ(answer.read(), "arrived");
    EXPECT_THAT(to.requests.at(1), StartsWith("GET /caf%C3%A9?q HTTP/1.1\r\n"));
    EXPECT_EQ(answer.url(), to.server.url("/caf%C3%A9?q"));
}

GREENLET_TEST(ClientRedirects, ChangeTheMethodAsTheirStatusSays) {
    struct Row {
        const char* status;
        const char* method;
        const char* then;
        bool with_body;
    };
    constexpr Row kRows[] = {{"301", "POST", "GET", false},   {"302", "POST", "GET", false},
                             {"303", "POST", "GET", false},   {"303", "PUT", "GET", false},
                             {"303", "GET", "GET", false},    {"301", "PUT", "PUT", true},
                             {"302", "PATCH", "PATCH", true}, {"307", "POST", "POST", true},
                             {"308", "POST", "POST", true},   {"307", "GET", "GET", true}};
    for (const Row& row : kRows) {
        Redirector to;
        to.target = "/";
        http::Client client{{.redirects = 1}};
        client.send({.method = row.method,
                     .url = to.server.url("/" + std::string{row.status} + "/end"),
                     .headers = {{"Content-Type", "a/b"}, {"X", "y"}},
                     .body = "data"});
        ASSERT_EQ(to.requests.size(), 2U) << row.status << row.method;
        EXPECT_THAT(to.requests[1], StartsWith(std::string{row.then} + " /end "))
            << row.status << row.method;
        EXPECT_THAT(to.requests[1], HasSubstr("X: y"));
        if (row.with_body) {
            EXPECT_THAT(to.requests[1],
                        AllOf(HasSubstr("Content-Type: a/b"), EndsWith("\r\n\r\ndata")));
        } else {
            EXPECT_THAT(to.requests[1], AllOf(Not(HasSubstr("Content-")), EndsWith("\r\n\r\n")));
        }
    }
}

GREENLET_TEST(ClientRedirects, KeepAHead) {
    std::vector<std::string> requests;
    ScriptedServer server{[&](Peer& peer) {
        for (std::string request; !(request = peer.request()).empty();) {
            requests.push_back(request);
            peer.say(requests.size() == 1 ? "HTTP/1.1 303 x\r\nLocation: /end\r\n\r\n"
                                          : "HTTP/1.1 200 x\r\n\r\n");
        }
    }};
    http::Client client{{.redirects = 1}};
    EXPECT_EQ(client.send({.method = "HEAD", .url = server.url()}).status(), 200);
    EXPECT_THAT(requests.at(1), StartsWith("HEAD /end "));
}

GREENLET_TEST(ClientRedirects, OfOtherStatusesAreTheAnswer) {
    Redirector to;
    http::Client client{{.redirects = 5}};
    for (const char* status : {"300", "305", "306", "399"}) {
        EXPECT_EQ(client.get(to.server.url("/" + std::string{status} + "/x")).status(),
                  std::stoi(status));
    }
    ScriptedServer silent{saying("HTTP/1.1 302 x\r\nContent-Length: 0\r\n\r\n")};
    EXPECT_EQ(client.get(silent.url()).status(), 302);
}

GREENLET_TEST(ClientRedirects, DropSecretsOnAnotherOriginForGood) {
    Redirector first;
    Redirector second;
    first.target = second.server.url("/302/");
    second.target = first.server.url("/");
    http::Client client{{.redirects = 5}};
    client.get(first.server.url("/302/end"), {{"authorization", "s"},
                                              {"COOKIE", "s"},
                                              {"Proxy-Authorization", "s"},
                                              {"Host", "mine"},
                                              {"X", "y"}});
    ASSERT_EQ(first.requests.size(), 2U);
    ASSERT_EQ(second.requests.size(), 1U);
    EXPECT_THAT(first.requests[0], AllOf(HasSubstr("authorization: s"), HasSubstr("Host: mine")));
    for (const std::string& request : {second.requests[0], first.requests[1]}) {
        for (const char* gone : {"uthorization", "COOKIE", "mine"})
            EXPECT_THAT(request, Not(HasSubstr(gone)));
        EXPECT_THAT(request, HasSubstr("X: y"));
    }
}

GREENLET_TEST(ClientRedirects, KeepSecretsOnTheSameOrigin) {
    Redirector to;
    to.target = "/";
    http::Client client{{.redirects = 1}};
    client.get(to.server.url("/302/end"), {{"Authorization", "s"}});
    EXPECT_THAT(to.requests.at(1), HasSubstr("Authorization: s"));
}

GREENLET_TEST(ClientRedirects, AreNotFollowedJustAnywhere) {
    for (const char* location :
         {"ftp://a/", "http://unix:/run/docker.sock:/x", "HTTP://UNIX:/run/docker.sock:/x",
          "//Unix:/run/docker.sock:/x", "http://unix:/", "http://me:secret@a/", "http:x", "/a b",
          "javascript:x"}) {
        Redirector to;
        to.target = location;
        http::Client client{{.redirects = 5}};
        const std::string text = text_of([&] { client.get(to.server.url("/302/")); });
        EXPECT_THAT(text, AllOf(HasSubstr("a redirect is not followed"), Not(HasSubstr("secret"))))
            << location;
        EXPECT_EQ(kind_of([&] { client.get(to.server.url("/302/")); }), Kind::kRedirect)
            << location;
    }
}

/// Answers from a unix socket: "/to/REST" with a redirect to REST, all else with the request's first line.
struct AtUnixSocket {
    TemporaryFolder folder{};
    std::string path = folder.path() / "socket";
    std::vector<std::string> requests{};
    http::StreamServer server{http::Listener{"unix:" + path},
                              [this](Stream& stream, const Address&) {
                                  Peer peer{stream};
                                  for (std::string request; !(request = peer.request()).empty();)
                                      answer(peer, request);
                              }};

    AtUnixSocket() { server.start(); }
    ~AtUnixSocket() { server.stop(std::chrono::seconds{0}); }
    [[nodiscard]] std::string url(const std::string& target) const {
        return "http://unix:" + path + ":" + target;
    }

private:
    void answer(Peer& peer, const std::string& request) {
        requests.push_back(request);
        const std::string target = request.substr(4, request.find(' ', 4) - 4);
        if (target.starts_with("/to/")) {
            peer.say("HTTP/1.1 302 Go\r\nContent-Length: 0\r\nLocation: " + target.substr(4) +
                     "\r\n\r\n");
        } else {
            peer.answer(target);
        }
    }
};

GREENLET_TEST(ClientRedirects, LeadToAUnixSocketFromTheSameAlone) {
    AtUnixSocket unix_socket;
    AtUnixSocket another;
    Redirector tcp;
    http::Client client{{.redirects = 5}};
    const Headers secret{{"Authorization", "s"}};
    for (const std::string& target : {unix_socket.url("/end"), std::string{"/end"}}) {
        auto answer = client.get(unix_socket.url("/to/" + target), secret);
        EXPECT_EQ(answer.read(), "/end");
        EXPECT_EQ(answer.url(), unix_socket.url("/end"));
        EXPECT_THAT(unix_socket.requests.back(), HasSubstr("Authorization: s"));
    }
    const auto elsewhere = [&] { client.get(unix_socket.url("/to/" + another.url("/end"))); };
    EXPECT_EQ(kind_of(elsewhere), Kind::kRedirect);
    EXPECT_TRUE(another.requests.empty());
    // Out of it is to another origin.
    EXPECT_EQ(client.get(unix_socket.url("/to/" + tcp.server.url("/end")), secret).read(),
              "arrived");
    EXPECT_THAT(tcp.requests.at(0), Not(HasSubstr("Authorization")));
}

// The place of a redirect whose body does not come is free for the next request.
GREENLET_TEST(ClientRedirects, DoNotWaitForTheirBody) {
    ScriptedServer server{[](Peer& peer) {
        if (peer.request().starts_with("GET / ")) {
            peer.say("HTTP/1.1 302 Go\r\nContent-Length: 100\r\nLocation: /end\r\n\r\nsome");
            peer.wait_for_end();
        } else {
            peer.answer("arrived");
        }
    }};
    http::Client client{{.per_host = 1, .redirects = 1}};
    EXPECT_EQ(client.get(server.url()).read(), "arrived");
    EXPECT_EQ(server.connections, 2);
}

FAKE_CLOCK_TEST(ClientRedirects, HaveTheTimeOfTheRequestTogether) {
    int requests = 0;
    ScriptedServer server{[&](Peer& peer) {
        while (!peer.request().empty()) {
            ++requests;
            sleep(2s);
            peer.say("HTTP/1.1 302 Go\r\nContent-Length: 0\r\nLocation: /\r\n\r\n");
        }
    }};
    http::Client client{{.redirects = 1000}};
    EXPECT_EQ(kind_of([&] { client.send({.url = server.url(), .timeout = 7s}); }), Kind::kTimeout);
    EXPECT_EQ(requests, 4);
}

GREENLET_TEST(ClientRedirects, DoNotRepeatAGenerator) {
    Redirector to;
    to.target = "/";
    http::Client client{{.redirects = 1}};
    const auto begun = [calls = 0]() mutable -> std::optional<std::string> {
        return ++calls == 1 ? std::optional<std::string>{"x"} : std::nullopt;
    };
    EXPECT_EQ(kind_of([&] { client.post(to.server.url("/307/end"), begun); }), Kind::kRedirect);
    EXPECT_EQ(client.post(to.server.url("/303/end"), begun).read(), "arrived");
}

}  // namespace
}  // namespace grove::test
