// What happens to Python's threads when nobody waits for an answer any more.
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "prometheus_text.h"
#include "wsgi_serving.h"

namespace grove {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class WsgiKill : public WsgiServing {
protected:
    static std::unique_ptr<PlainClient> ask_for(const Serving& server, const std::string& target) {
        auto client = std::make_unique<PlainClient>(server.port);
        client->send("GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        return client;
    }
};

constexpr const char* kShort = R"(, "timeouts": {"request": 0.5})";

TEST_F(WsgiKill, APythonLoopIsEndedWhenItsTimeHasPassed) {  // W-018
    const auto server = serve_rows(kOneThread, kShort);
    EXPECT_THAT(server->get("/loops"), StartsWith("HTTP/1.1 503 "));
    line_with(*server, "loops: finally");
    EXPECT_THAT(brief(server->get("/threads")), StartsWith("200 grove-1 "));  // the same thread
}

TEST_F(WsgiKill, ABodyWhoseTimeHasPassedIsClosed) {  // W-009 W-018
    const auto server = serve_rows(kOneThread, kShort);
    EXPECT_THAT(server->get("/loops_in_body"), HasSubstr("begun"));
    EXPECT_EQ(brief(server->get("/closes")), "200 loops_in_body");
}

TEST_F(WsgiKill, AnIteratorThatRunsNoPythonIsEnded) {  // W-018 W-020
    const auto server = serve_rows(kOneThread, kShort);
    EXPECT_THAT(server->get("/raw/empty_for_ever"), StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(brief(server->get("/threads")), StartsWith("200 grove-1 "));
}

TEST_F(WsgiKill, AKillThatComesTooLateIsNotTheNextRequests) {  // W-018
    const auto server = serve_rows(kOneThread, kShort);
    EXPECT_THAT(server->get("/raw/sleeps_at_last"), StartsWith("HTTP/1.1 503 "));
    std::string answer = "HTTP/1.1 503 ";  // while the thread sleeps
    while (answer.starts_with("HTTP/1.1 503 ")) answer = server->get("/threads");
    EXPECT_THAT(brief(answer), StartsWith("200 grove-1 "));
}

TEST_F(WsgiKill, OnlyTheRequestWhoseTimeHasPassedIsEnded) {  // W-018
    const std::string brief_one = app("", "rows", "/brief");
    const auto server = serve("\"apps\": [" + app() + ", " +
                              brief_one.substr(0, brief_one.size() - 1) + kShort + "}]");
    const auto other = ask_for(*server, "/events");
    other->read_until("first");
    EXPECT_THAT(server->get("/brief/loops"), StartsWith("HTTP/1.1 503 "));
    line_with(*server, "loops: finally");
    EXPECT_EQ(brief(server->get("/opened")), "200 opened");
    EXPECT_THAT(other->read_to_end(), HasSubstr("data: second\n\n"));
}

TEST_F(WsgiKill, ACallIntoCIsLeftAloneAndCounted) {  // W-019 W-029
    const auto server =
        serve_rows(R"(, "threads": 2)", std::string{kShort} + R"(, "admin": "127.0.0.1:0")");
    const std::uint16_t admin = admin_port(*server);
    const auto abandoned = [admin] {
        const std::string metrics = body_of(ask(admin, "/metrics"));
        EXPECT_THAT(metrics, HasSubstr("\nwsgi_threads_abandoned "));
        return PrometheusText{metrics}["wsgi_threads_abandoned"];
    };
    EXPECT_THAT(server->get("/sleeps?3"), StartsWith("HTTP/1.1 503 "));
    EXPECT_EQ(abandoned(), 1);
    EXPECT_THAT(brief(server->get("/threads")), StartsWith("200 grove-"));  // the other thread's
    while (abandoned() != 0) {  // it has come back; ctest's time-out, if it never does
    }
}

TEST_F(WsgiKill, RequestsWaitForThreadsThatAreAllHeldAndHave503AtTheirTimeOut) {  // W-019
    const auto server = serve_rows(kOneThread, kShort);
    const auto first = ask_for(*server, "/sleeps?2");
    line_with(*server, "sleeps: begun");
    EXPECT_THAT(server->get("/threads"), StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(first->read_to_end(), StartsWith("HTTP/1.1 503 "));
    for (std::string answer; !answer.starts_with("HTTP/1.1 200 ");)
        answer = server->get("/threads");
}

TEST_F(WsgiKill, AWorkerWhoseThreadsAreAllStuckIsReplaced) {  // W-019
    const auto server = serve_rows(R"(, "threads": 1, "stuck": 0.2)", kShort);
    EXPECT_THAT(server->get("/sleeps?60"), StartsWith("HTTP/1.1 503 "));
    std::string lines;  // of master and worker, whichever writes first
    for (const char* const text : {"takes the place of", "rows: atexit"}) {
        for (bool found = false; !found;) {
            const std::string line = server->program.read_error_line() + '\n';
            found = line.find(text) != line.npos;
            lines += line;
        }
    }
    EXPECT_THAT(lines, HasSubstr("python thread grove-1: GET /sleeps (request "));
    EXPECT_THAT(lines, HasSubstr(", in sleeps\n"));
    EXPECT_THAT(
        lines,
        HasSubstr("asks to be replaced: all Python threads run requests for which nobody waits"));
    // The former worker may have taken a client yet.
    while (!server->get("/threads").starts_with("HTTP/1.1 200 ")) {
    }
}

TEST_F(WsgiKill, AWorkerWhoseThreadsHangInCloseIsReplaced) {  // W-009 W-019
    const auto server = serve_rows(R"(, "threads": 2, "stuck": 0.2)", kShort);
    EXPECT_THAT(server->get("/threads"), StartsWith("HTTP/1.1 200 "));
    for (int i = 0; i < 2; ++i) EXPECT_THAT(server->get("/hangs_in_close"), HasSubstr("whole"));
    std::string lines;  // of a Python thread, the worker and the master, whichever writes first
    for (const char* const line :
         {", in close", "requests for which nobody waits", "takes the place of"}) {
        while (lines.find(line) == lines.npos) lines += server->program.read_error_line() + '\n';
    }
    while (!server->get("/threads").starts_with("HTTP/1.1 200 ")) {
    }
}

TEST_F(WsgiKill, AWorkerWhosePythonIsHeldByOneThreadIsReplaced) {  // W-019
    const auto server = serve_rows(R"(, "threads": 2, "stuck": 0.3)", kShort);
    EXPECT_THAT(server->get("/keeps_gil"), StartsWith("HTTP/1.1 503 "));
    line_with(*server, "asks to be replaced: a Python thread does not let go of the GIL");
    line_with(*server, "takes the place of");
    while (!server->get("/threads").starts_with("HTTP/1.1 200 ")) {
    }
}

TEST_F(WsgiKill, MoreThanMayWaitAreRefused) {  // W-029 "waiting"
    const auto server =
        serve_rows(R"(, "threads": 1, "waiting": 1)", R"(, "admin": "127.0.0.1:0")");
    const std::uint16_t admin = admin_port(*server);
    const auto running = ask_for(*server, "/events");
    running->read_until("first");
    const auto waiting = ask_for(*server, "/threads");
    std::string answer;  // the line is full once the one before has come to it
    while (!answer.starts_with("HTTP/1.1 503 ")) {
        const auto client = ask_for(*server, "/threads");
        client->end_sending();
        answer = client->read_to_end();
    }
    EXPECT_THAT(answer, HasSubstr("\r\nRetry-After: 1\r\n"));
    const PrometheusText metrics{body_of(ask(admin, "/metrics"))};
    EXPECT_EQ(metrics["wsgi_threads_busy"], 1);
    EXPECT_EQ(metrics["wsgi_requests_waiting"], 1);
    EXPECT_GT(metrics["wsgi_requests_refused_total"], 0);
}

TEST_F(WsgiKill, AGeneratorWhoseClientHasGoneIsClosed) {  // W-020 W-009
    const auto server = serve_rows(kOneThread);
    ask_for(*server, "/endless")->read_until("tick");
    line_with(*server, "endless: finally");
    EXPECT_THAT(brief(server->get("/closes")), StartsWith("200 endless"));
}

TEST_F(WsgiKill, AnEventLeavesBeforeTheNextIsMade) {  // W-008 W-010
    const auto server = serve_rows();
    const auto client = ask_for(*server, "/events");
    EXPECT_THAT(client->read_until("first\n\n"),
                AllOf(HasSubstr("\r\nTransfer-Encoding: chunked\r\n"), Not(HasSubstr("second"))));
    EXPECT_EQ(brief(server->get("/opened")), "200 opened");
    EXPECT_THAT(client->read_to_end(), HasSubstr("data: second\n\n"));
}

}  // namespace
}  // namespace grove
