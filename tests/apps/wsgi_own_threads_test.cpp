// What threads that an application has started do with the request that they were started in: they write and read beside
// its own thread, and may be in a call when it returns. The application is wsgi/own_threads.py.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wsgi_serving.h"

namespace grove {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::ptrdiff_t kMany = 32 << 20;
// grove itself waits for the rest of a small body.
constexpr const char* kLength = "Content-Length: 200000\r\n";
const std::string kHalf(100'000, 'r');

/// How often its threads have begun to wait; -1: one of them runs.
long waits_of(pid_t pid) {
    long waits = 0;
    for (const auto& task :
         std::filesystem::directory_iterator{"/proc/" + std::to_string(pid) + "/task"}) {
        std::ifstream status{task.path() / "status"};
        for (std::string line; std::getline(status, line);) {
            if (line.starts_with("State:") && line.find("S (sleeping)") == line.npos) return -1;
            if (line.find("voluntary_ctxt_switches:") != line.npos)
                waits += std::stol(line.substr(line.find(':') + 1));
        }
    }
    return waits;
}

class WsgiOwnThreads : public WsgiServing {
protected:
    /// A client that neither sends nor reads is waited for.
    std::unique_ptr<Serving> serve_threads() const {
        return serve(R"("timeouts": {"body": null, "write": null}, "apps": [)" +
                     app(R"(, "buffer": null)", "own_threads") + "]");
    }
    static std::unique_ptr<PlainClient> ask_for(const Serving& server, const std::string& target,
                                                const std::string& fields = "") {
        auto client = std::make_unique<PlainClient>(server.port);
        client->send(target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + fields + "\r\n");
        return client;
    }
    /// All threads of the worker wait: nothing happens until a client does something.
    static void wait_until_idle(const Serving& server) {
        const pid_t worker = server.workers().at(0);
        for (long before = -1, now = -2; before != now || now == -1;) {
            before = now;
            now = waits_of(worker);
        }
    }
    static std::ptrdiff_t count(const std::string& text) {
        return std::count(text.begin(), text.end(), 'w');
    }
};

TEST_F(WsgiOwnThreads, AReaderAndAWriterAreBothWoken) {  // W-007 W-034
    const auto server = serve_threads();
    const auto client = ask_for(*server, "POST /reads_beside", kLength);
    client->send(kHalf);
    line_with(*server, "reads_beside: reads");
    wait_until_idle(*server);  // one greenlet reads, the other one sends, and both threads wait
    client->send(kHalf);
    wait_until_idle(*server);  // the reader has left, and the greenlet sends
    EXPECT_THAT(client->read_to_end(), EndsWith("[200000]\r\n0\r\n\r\n"));
}

TEST_F(WsgiOwnThreads, AClientThatIsSlowWithItsBodyHoldsNoAnswer) {  // W-008 W-034
    const auto server = serve_threads();
    const auto client = ask_for(*server, "POST /answers_beside", kLength);
    client->send(kHalf);
    line_with(*server, "answers_beside: reads");
    wait_until_idle(*server);  // the greenlet waits for the rest
    EXPECT_EQ(brief(server->get("/opened")), "200 opened");
    EXPECT_THAT(client->read_until("beside"), StartsWith("HTTP/1.1 200 "));
    client->send(kHalf);
    EXPECT_THAT(client->read_to_end(), HasSubstr("end"));
    line_with(*server, "answers_beside: done");
}

TEST_F(WsgiOwnThreads, AClientThatDoesNotReadHoldsNoBody) {  // W-007 W-034
    const auto server = serve_threads();
    const auto client = ask_for(*server, "POST /reads_while_unread", kLength);
    const std::string begin = client->read_until("www");
    wait_until_idle(*server);  // the greenlet is in the middle of the bytes
    client->send(kHalf + kHalf);
    line_with(*server, "reads_while_unread: 200000");
    const std::string rest = client->read_to_end();
    EXPECT_EQ(count(begin) + count(rest), kMany);
    EXPECT_THAT(rest, HasSubstr("end"));
}

TEST_F(WsgiOwnThreads, WhatOneWritesIsSentAlsoWhereTheRequestReturns) {  // W-033 W-034
    const auto server = serve_threads();
    for (const std::string name : {"returns_early", "raises_early"}) {
        SCOPED_TRACE(name);
        const auto client = ask_for(*server, "GET /" + name);
        const std::string begin = client->read_until("www");
        EXPECT_THAT(begin, StartsWith("HTTP/1.1 200 "));
        wait_until_idle(*server);  // the greenlet is in the middle of the bytes
        EXPECT_EQ(brief(server->get("/opened")), "200 opened");
        line_with(*server, name == "returns_early"
                               ? "RuntimeError: another thread sends this request's answer"
                               : "KeyError: 'of the application'");
        wait_until_idle(*server);
        const std::string rest = client->read_to_end();
        EXPECT_EQ(count(begin) + count(rest), kMany);
        EXPECT_THAT(rest.substr(rest.size() - 9), Not(HasSubstr("\r\n0\r\n\r\n")));
        line_with(*server, name + ": RequestKilled");
    }
}

TEST_F(WsgiOwnThreads, AWriterIsWokenWhereRequestAndClientHaveGone) {  // W-020 W-034
    const auto server = serve_threads();
    auto client = ask_for(*server, "GET /returns_early");
    client->read_until("www");
    wait_until_idle(*server);
    EXPECT_EQ(brief(server->get("/opened")), "200 opened");
    line_with(*server, "another thread sends this request's answer");
    wait_until_idle(*server);
    client.reset();
    line_with(*server, "returns_early: RequestKilled");
}

TEST_F(WsgiOwnThreads, AReaderIsWokenWhereTheAnswerHasEnded) {  // W-034
    const auto server = serve_threads();
    const auto client = ask_for(*server, "POST /returns_unread", kLength);
    client->send(kHalf);
    line_with(*server, "returns_unread: ClientDisconnected");  // before close() returns
    EXPECT_EQ(brief(server->get("/opened")), "200 opened");
}

TEST_F(WsgiOwnThreads, AReaderIsWokenWhereTheRequestFailsWhileItsClientDoesNotRead) {  // W-034
    const auto server = serve_threads();
    const auto client = ask_for(*server, "POST /raises_beside", kLength);
    client->send(kHalf);
    client->read_until("www");
    wait_until_idle(*server);
    EXPECT_EQ(brief(server->get("/opened")), "200 opened");
    line_with(*server, "raises_beside: ClientDisconnected");  // before close() returns
    EXPECT_EQ(brief(server->get("/opened")), "200 opened");
}

TEST_F(WsgiOwnThreads, ARequestIsKilledWhileOnlyAnotherThreadOfItWaits) {  // W-020 W-034
    const auto server = serve_threads();
    auto client = ask_for(*server, "GET /loops_beside");
    client->read_until("www");
    client.reset();
    std::string lines;  // of both threads, whichever ends first
    while (lines.find("loops_beside: finally") == lines.npos ||
           lines.find("loops_beside: RequestKilled") == lines.npos)
        lines += server->program.read_error_line() + '\n';
}

TEST_F(WsgiOwnThreads, APieceThatIsRefusedIsNotCounted) {  // W-011 W-034
    const auto server = serve_threads();
    const auto client = ask_for(*server, "GET /refused");
    const std::string begin = client->read_until("www");
    wait_until_idle(*server);
    EXPECT_EQ(brief(server->get("/opened")), "200 opened");
    line_with(*server, "refused: another thread sends this request's answer");
    const std::string rest = client->read_to_end();
    EXPECT_EQ(count(begin) + count(rest), kMany);
    EXPECT_THAT(rest, EndsWith("end"));
}

}  // namespace
}  // namespace grove
