// Environ::disconnected() and timeouts.abandoned over TLS.
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/http/client_gone.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "served_application.h"
#include "tls_authority.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::Body;
using http::Environ;
using http::StartResponse;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

http::Application watching(std::vector<std::string>& seen, Duration patience) {
    return [&seen, patience](Environ& environ, StartResponse& start) {
        const std::string path{environ["PATH_INFO"]};
        const bool gone = environ.disconnected().wait(patience);
        seen.push_back(path + (gone ? " gone" : " there"));
        start("200 OK", {});
        return Body{"told"};
    };
}

FAKE_CLOCK_TEST(DisconnectedTls, HoweverTheClientGoes) {
    const struct {
        const char* name;
        void (*go)(Client&);
    } ways[] = {
        {"close_notify and close", [](Client& client) { client.close(); }},
        {"close_notify", [](Client& client) { client.finish_sending(); }},
        {"an end without", [](Client& client) { ::shutdown(client.stream().fd(), SHUT_WR); }},
        {"reset", [](Client& client) { client.reset(); }},
    };
    const Tls tls;
    for (const auto& [name, go] : ways) {
        std::vector<std::string> seen;
        ServedApplication served{watching(seen, 1h), tls.options()};
        Client client = tls.client(served.address());
        client.send(get("/x"));
        let_the_hub_turn();
        ASSERT_THAT(seen, IsEmpty()) << name;
        const auto began = now();
        go(client);
        let_the_hub_turn();
        EXPECT_THAT(seen, ElementsAre("/x gone")) << name;
        EXPECT_EQ(now(), began) << name;
    }
}

FAKE_CLOCK_TEST(DisconnectedTls, IsAnsweredAllTheSameWhereTheClientOnlySendsNoMore) {
    const Tls tls;
    std::vector<std::string> seen;
    ServedApplication served{watching(seen, 1h), tls.options()};
    Client client = tls.client(served.address());
    client.send(get("/x"));
    let_the_hub_turn();
    client.finish_sending();
    EXPECT_EQ(client.brief(), "200 told");
    EXPECT_THAT(seen, ElementsAre("/x gone"));
}

// In one record with the first, or read by the look.
FAKE_CLOCK_TEST(DisconnectedTls, NotByAnEndBehindAPipelinedRequest) {
    const Tls tls;
    for (const bool with_the_first : {true, false}) {
        std::vector<std::string> seen;
        ServedApplication served{watching(seen, 5s), tls.options()};
        Client client = tls.client(served.address());
        client.send(with_the_first ? get("/a") + get("/b") : get("/a"));
        let_the_hub_turn();
        if (!with_the_first) client.send(get("/b"));
        client.finish_sending();
        const auto began = now();
        EXPECT_EQ(client.brief(), "200 told");
        EXPECT_EQ(client.brief(), "200 told");
        EXPECT_EQ(now() - began, 5s);
        EXPECT_THAT(seen, ElementsAre("/a there", "/b gone"));
    }
}

// A look leaves an unread body to its reader, however its records are cut.
FAKE_CLOCK_TEST(DisconnectedTls, NotByAnEndBehindABodyBeforeThatIsRead) {
    const Tls tls;
    http::WsgiOptions options = tls.options();
    options.limits.body_buffer = 0;
    std::string seen;
    ServedApplication served{[&](Environ& environ, StartResponse& start) {
                                 Event& gone = environ.disconnected();
                                 seen = gone.wait(5s) ? "early " : "";
                                 seen += std::to_string(environ.input().read_all(1 << 20).size());
                                 seen += gone.wait(5s) ? " gone" : " there";
                                 start("200 OK", {});
                                 return Body{"told"};
                             },
                             options};
    for (const std::size_t bytes : {std::size_t{5}, std::size_t{100'000}}) {
        Client client = tls.client(served.address());
        const std::string request = post(std::string(bytes, 'x'));
        client.send_cut_at(request, request.size() - 2);
        client.finish_sending();
        EXPECT_EQ(client.brief(), "200 told");
        EXPECT_EQ(seen, std::to_string(bytes) + " gone");
    }
}

// It counts from TLS that broke, not from its orderly end.
FAKE_CLOCK_TEST(AbandonedTls, CountsFromABrokenConnection) {
    const Tls tls;
    for (const bool broken : {false, true}) {
        bool thrown = false;
        http::WsgiOptions options = tls.options();
        options.timeouts.abandoned = 5s;
        ServedApplication served{[&](Environ&, StartResponse& start) {
                                     try {
                                         sleep(10s);
                                     } catch (const http::ClientGone&) {
                                         thrown = true;
                                         throw;
                                     }
                                     start("200 OK", {});
                                     return Body{"told"};
                                 },
                                 options};
        Client client = tls.client(served.address());
        client.send(get());
        let_the_hub_turn();
        const auto began = now();
        broken ? static_cast<void>(::shutdown(client.stream().fd(), SHUT_WR))
               : client.finish_sending();
        while (served.server.requests_running() != 0) sleep(1s);
        EXPECT_EQ(thrown, broken);
        EXPECT_EQ(now() - began, broken ? 5s : 10s);
    }
}

}  // namespace
}  // namespace grove::test
