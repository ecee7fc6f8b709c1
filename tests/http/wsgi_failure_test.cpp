// Applications that throw, are killed or take too long, and clients that go (S-112, S-114 to S-119).
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

#include <gmock/gmock.h>

#include <grove/core/errors.h>
#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/core/timeout.h>
#include <grove/http/mounts.h>
#include <grove/pool/pool.h>

#include "greenlet_test.h"
#include "served_application.h"
#include "tls_authority.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Step = std::optional<std::string>;

GREENLET_TEST(FailingApplication, Is500WithoutItsHeaders) {  // S-114
    ServedApplication served{[](http::Environ&, http::StartResponse& start) -> http::Body {
        start("200 OK", {{"Set-Cookie", "a"}});
        throw std::runtime_error{"broken"};
    }};

    const Answer answer = served.ask(get());

    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.body, "Internal Server Error");
    EXPECT_EQ(answer.field("content-type"), "text/plain");
    EXPECT_TRUE(answer.says_close());
    EXPECT_FALSE(answer.has("set-cookie"));
    EXPECT_THAT(served.errors, ElementsAre(HasSubstr("std::runtime_error: broken")));
    EXPECT_THAT(served.access_lines, ElementsAre("500 GET / HTTP/1.1"));
}

GREENLET_TEST(FailingApplication, MayThrowAnything) {
    ServedApplication served{[](http::Environ&, http::StartResponse&) -> http::Body { throw 42; }};
    EXPECT_EQ(served.ask(get()).status, 500);
    EXPECT_THAT(served.errors, ElementsAre(HasSubstr("int")));
}

GREENLET_TEST(FailingApplication, AfterTheHeadLeavesTheBodyVisiblyCut) {  // S-115
    ServedApplication served{[](http::Environ&, http::StartResponse& start) {
        start("200 OK", {});
        return http::Body{[step = 0]() mutable -> Step {
            if (step++ != 0) throw std::runtime_error{"broken"};
            return "a";
        }};
    }};

    EXPECT_THAT(served.say(get() + get()), EndsWith("\r\n\r\n1\r\na\r\n"));
    EXPECT_EQ(served.calls, 1);
    EXPECT_EQ(served.errors.size(), 1U);
}

/// All that is heard until the server ends it. @param error  of the end; 0: it is that of an answer
std::string heard(Client& client, int& error) {
    std::string all;
    std::array<char, 4096> buffer;
    error = 0;
    try {
        while (const std::size_t got = client.stream().recv(buffer, kPatience))
            all.append(buffer.data(), got);
    } catch (const std::system_error& reset) {
        error = reset.code().value();
    }
    return all;
}

// Its end is the connection's: what was cut must not look whole.
GREENLET_TEST(FailingApplication, ResetsAClientThatCannotTellWhereTheAnswerEnds) {  // S-115
    enum Case { kWhole, kThrows, kThrowsWhatIsOwed, kWritten, kKilled, kTimedOut, kStopped };
    const Tls tls;
    for (const bool secure : {false, true}) {
        for (const Case which :
             {kWhole, kThrows, kThrowsWhatIsOwed, kWritten, kKilled, kTimedOut, kStopped}) {
            AnyGreenlet handler;
            http::WsgiOptions options = secure ? tls.options() : http::WsgiOptions{};
            if (which == kTimedOut) options.timeouts.request = 50ms;
            ServedApplication served{[&](http::Environ&, http::StartResponse& start) {
                                         handler = getcurrent();
                                         const http::Write write = start("200 OK", {});
                                         if (which == kWritten) {
                                             write("a");
                                             throw std::runtime_error{"broken"};
                                         }
                                         return http::Body{[&, step = 0]() mutable -> Step {
                                             ++step;
                                             if (step == 1) return "a";
                                             if (which == kWhole) return std::nullopt;
                                             if (which == kThrowsWhatIsOwed && step < 10)
                                                 return "a";
                                             if (which < kKilled)
                                                 throw std::runtime_error{"broken"};
                                             sleep(1h);
                                             return std::nullopt;
                                         }};
                                     },
                                     options};
            Client client = secure ? tls.client(served.address()) : Client{served.address()};
            client.send("GET / HTTP/1.0\r\n\r\n");
            let_the_hub_turn();
            if (which == kKilled) handler.kill();
            if (which == kStopped) served.server.stop(Duration::zero());
            int error = 0;
            const std::string all = heard(client, error);
            SCOPED_TRACE(std::to_string(which) + (secure ? " over TLS" : ""));
            EXPECT_EQ(error == 0, which == kWhole) << error << all;
            EXPECT_EQ(served.server.connections(), 0U);
        }
    }
}

// The hub has what is left, and the server ends before the client has taken it.
GREENLET_TEST(StoppedServer, ResetsAClientThatCannotTellWhereTheAnswerEnds) {  // S-007, S-115
    constexpr std::size_t kMuch = 24'000'000;
    const Tls tls;
    for (const bool secure : {false, true}) {
        ServedApplication served{[](http::Environ&, http::StartResponse& start) {
                                     start("200 OK", {})("a");
                                     return http::Body{std::string(kMuch, 'x')};
                                 },
                                 secure ? tls.options() : http::WsgiOptions{}};
        Client client = secure ? tls.client(served.address()) : Client{served.address()};
        client.send("GET / HTTP/1.0\r\n\r\n");
        let_the_hub_turn();
        served.server.stop(Duration::zero());
        int error = 0;
        EXPECT_LT(heard(client, error).size(), kMuch);
        EXPECT_NE(error, 0) << secure;
    }
}

GREENLET_TEST(OnClose, IsCalledOnceHoweverTheResponseEnds) {  // S-112, S-154
    enum Case { kGood, kNoStart, kThrows, kHead, kDisconnect, kKilled };
    for (const Case which : {kGood, kNoStart, kThrows, kHead, kDisconnect, kKilled}) {
        std::vector<std::string> journal;
        AnyGreenlet handler;
        http::WsgiOptions options;
        options.access_log = [&](const http::AccessRecord&) { journal.emplace_back("logged"); };
        ServedApplication served{[&](http::Environ&, http::StartResponse& start) {
                                     handler = getcurrent();
                                     if (which != kNoStart) start("200 OK", {});
                                     return http::Body{[&]() -> Step {
                                                if (which == kThrows)
                                                    throw std::runtime_error{"broken"};
                                                if (which == kKilled) sleep(1h);
                                                if (which == kDisconnect)
                                                    return std::string(100000, 'x');
                                                return std::nullopt;
                                            }}
                                         .on_close([&] {
                                             sleep();  // it may block, also under a kill
                                             journal.emplace_back("closed");
                                         });
                                 },
                                 options};
        Client client{served.address()};
        client.send(which == kHead ? "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n" : get());
        let_the_hub_turn();
        if (which == kKilled) handler.kill();
        if (which == kDisconnect) client.reset();
        client.close();
        EXPECT_TRUE(served.quiet());
        EXPECT_THAT(journal, ElementsAre("closed", "logged")) << which;
    }
}

GREENLET_TEST(OnClose, ThatThrowsIsReportedAndChangesNothing) {  // S-112
    std::vector<std::string> reported;
    get_hub().set_error_handler(
        [&](const std::string& context, std::exception_ptr) { reported.push_back(context); });
    ServedApplication served{[](http::Environ&, http::StartResponse& start) {
        start("200 OK", {});
        return http::Body{"fine"}.on_close([] { throw std::runtime_error{"broken"}; });
    }};

    EXPECT_EQ(served.ask(get()).body, "fine");
    EXPECT_EQ(reported.size(), 1U);
}

GREENLET_TEST(KilledHandler, Is503AndNotAnError) {  // S-116
    AnyGreenlet handler;
    ServedApplication served{[&](http::Environ&, http::StartResponse& start) {
        handler = getcurrent();
        start("200 OK", {});
        sleep(1h);
        return http::Body{};
    }};
    Client client{served.address()};

    client.send(get());
    let_the_hub_turn();
    handler.kill();
    const Answer answer = client.answer();

    EXPECT_EQ(answer.status, 503);
    EXPECT_TRUE(answer.says_close());
    EXPECT_TRUE(client.at_end());
    EXPECT_TRUE(handler.successful());
    EXPECT_THAT(served.errors, IsEmpty());
    EXPECT_THAT(served.access_lines, ElementsAre("503 GET / HTTP/1.1"));
}

GREENLET_TEST(KilledHandler, AnswersAlsoAClientThatSendsItsBodyStill) {  // S-107, S-116
    AnyGreenlet handler;
    ServedApplication served{[&](http::Environ&, http::StartResponse&) -> http::Body {
        handler = getcurrent();
        sleep(1h);
        return {};
    }};
    Client client{served.address()};

    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
    let_the_hub_turn();
    client.send(std::string(500000, 'x'));
    handler.kill();
    client.send(std::string(500000, 'x'));

    EXPECT_EQ(client.answer().status, 503);
    EXPECT_TRUE(client.at_end());
}

GREENLET_TEST(
    KilledHandler,
    DiesAtOnceWhereverItBlocks) {  // S-116: reading, writing, between pieces, before on_close()
    for (const std::string where : {"read", "write", "generator", "text"}) {
        AnyGreenlet handler;
        ServedApplication served{
            [&](http::Environ& environ, http::StartResponse& start) {
                handler = getcurrent();
                const http::Write write = start("200 OK", {});
                if (where == "read") environ.input().read();
                if (where == "write") write(std::string(50000000, 'x'));
                if (where == "text") return http::Body{std::string(50000000, 'x')}.on_close([] {});
                return http::Body{[&]() -> Step {
                    sleep(1h);
                    return "x";
                }};
            },
            {.limits = {.body_buffer = 0}}};
        Client client{served.address()};
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
        let_the_hub_turn();

        ASSERT_FALSE(handler.dead()) << where;
        handler.kill(GreenletExit{}, false);
        sleep();
        sleep();

        EXPECT_TRUE(handler.dead()) << where;
        EXPECT_EQ(served.server.requests_running(), 0U);
        EXPECT_EQ(served.access_lines.size(), 1U) << where;
        EXPECT_THAT(served.errors, IsEmpty());
    }
}

GREENLET_TEST(KilledHandler, ThatNeverRanLeavesNothingBehind) {  // S-116, S-007
    auto pool = std::make_shared<Pool>(1);
    ServedApplication served{say_hello(), {.spawn = pool}};
    served.server.stop_accepting();
    Client client{served.address()};
    client.send(get());
    served.server.start_accepting();
    while (pool->empty()) sleep();  // spawned, and perhaps not started

    pool->kill();

    EXPECT_EQ(served.server.requests_running(), 0U);
    EXPECT_THAT(client.read_to_end(), ::testing::AnyOf(HasSubstr(" 503 "), HasSubstr(" 200 ")));
}

GREENLET_TEST(TimeoutOfAnApplication, Is500AndTheServersOwn503) {  // S-117
    ServedApplication own{[](http::Environ&, http::StartResponse&) -> http::Body {
        const TimeoutGuard guard{1ms};
        sleep(1h);
        return {};
    }};
    EXPECT_EQ(own.ask(get()).status, 500);
    EXPECT_THAT(own.errors, ElementsAre(HasSubstr("grove::Timeout: 1ms")));

    ServedApplication limited{[](http::Environ&, http::StartResponse&) -> http::Body {
                                  sleep(1h);
                                  return {};
                              },
                              {.timeouts = {.request = 50ms}}};
    const Answer answer = limited.ask(get());
    EXPECT_EQ(answer.status, 503);
    EXPECT_TRUE(answer.says_close());
    EXPECT_THAT(limited.errors, ElementsAre(HasSubstr("timeouts.request")));
#if defined(__x86_64__)
    EXPECT_THAT(limited.errors, ElementsAre(HasSubstr("; stack: ")));
    EXPECT_THAT(limited.errors, ElementsAre(HasSubstr("grove::sleep(")));
    // Its application, whose name is long, and which is there or inlined into what calls it.
    EXPECT_THAT(limited.errors,
                ElementsAre(::testing::ContainsRegex("\\.\\.\\.[^<]*\\)( const)?\\+0x[0-9a-f]+")));
#endif
}

GREENLET_TEST(FailingApplication, IsReportedWithWhatHelpsToFindItAndNoSecrets) {  // S-070, S-114
    const http::Mounts mounts{
        {{.path = "/a", .application = [](http::Environ& environ, auto&) -> http::Body {
              getcurrent().set_name("the \n one");
              throw std::runtime_error{"no " + std::string{environ["PATH_INFO"]}};
          }}}};
    ServedApplication served{mounts, {.request_ids = true}};
    const Answer answer = served.ask(get("/a/b%0ac?token=s3cret",
                                         "Cookie: k=s3cret\r\nAuthorization: Basic s3cret\r\n"
                                         "Proxy-Authorization: s3cret\r\nX-Api-Key: s3cret\r\n"));
    EXPECT_EQ(answer.status, 500);
    EXPECT_THAT(served.errors,
                ElementsAre("GET /a/b%0ac (request " + answer.field("x-request-id") +
                            ", mount /a, greenlet \"the \\x0a one\", from 127.0.0.1, host h): "
                            "std::runtime_error: no /b\\x0ac"));
}

GREENLET_TEST(TimeoutOfAnApplication, CountsTheWaitForASlot) {  // timeouts.request
    Event go;
    ServedApplication served{[&](http::Environ&, http::StartResponse& start) -> http::Body {
                                 try {
                                     go.wait();
                                 } catch (...) {  // it holds on to its slot
                                     go.wait();
                                 }
                                 start("200 OK", {});
                                 return {};
                             },
                             {.spawn = 1, .timeouts = {.request = 50ms}}};
    Client holder{served.address()};
    holder.send(get());
    let_the_hub_turn();

    EXPECT_EQ(served.ask(get()).status, 503);
    EXPECT_EQ(served.calls, 1);
    go.set();
    holder.answer();
}

GREENLET_TEST(TimeoutOfAnApplication,
              UnderWayCutsTheAnswerWithoutRepeatingIt) {  // timeouts.request
    ServedApplication served{
        [](http::Environ&, http::StartResponse& start) {
            start("200 OK", {{"X-Once", "y"}});
            return http::Body{[]() -> Step { return std::string(1000000, 'x'); }};
        },
        {.timeouts = {.write = 20s, .request = 50ms}}};
    Client client{served.address()};

    client.send(get("/", "Connection: close\r\n"));
    const auto began = std::chrono::steady_clock::now();
    sleep(60ms);  // meanwhile nothing is read
    const std::string said = client.read_to_end();

    EXPECT_LT(std::chrono::steady_clock::now() - began, 7s);
    EXPECT_EQ(said.find("X-Once"), said.rfind("X-Once"));
    EXPECT_FALSE(said.ends_with("0\r\n\r\n"));
}

// Else a slow reader would leave megabytes in the kernel, for as long as it likes, after its request was cut.
GREENLET_TEST(TimeoutOfAnApplication, ResetsAClientThatDoesNotTakeWhatItWasSent) {
    ServedApplication served{
        [](http::Environ&, http::StartResponse& start) {
            start("200 OK", {});
            return http::Body{[]() -> Step { return std::string(1000000, 'x'); }};
        },
        {.timeouts = {.request = 50ms}}};
    Client reads_nothing{served.address()};
    Client has_finished{served.address()};

    reads_nothing.send(get());
    has_finished.send(get());
    has_finished.finish_sending();

    EXPECT_TRUE(served.quiet());
    EXPECT_THROW(reads_nothing.read_to_end(), std::system_error);
    EXPECT_THROW(has_finished.read_to_end(), std::system_error);
}

}  // namespace
}  // namespace grove::test
