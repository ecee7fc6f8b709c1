// How a running server tells of single requests: ids, proxies, failures, crashes.
#include <csignal>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "running_program.h"
#include "serving.h"
#include "temporary_folder.h"

namespace grove {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

class RequestLog : public testing::Test {
protected:
    std::string file(const char* name) const { return (folder_.path() / name).string(); }

    void serve(const std::string& members) {
        std::ofstream{file("grove.json")}
            << R"({"listen": ["127.0.0.1:0", "unix:socket"], "plugin_path": [")" << GROVE_TEST_APPS
            << "\", \"" GROVE_TEST_PLUGINS
            << R"("], "log": {"access": "access", "format": "json"}, )" << members << "}";
        server_ = std::make_unique<Serving>(serve_command({file("grove.json")}), file("output"));
    }

    std::string error_line_with(const std::string& text) {
        for (;;) {
            const std::string line = server_->program.read_error_line();
            if (line.find(text) != line.npos) return line;
        }
    }

    /// The first line of the access log, when it is there.
    std::string access_line() const {
        for (;;) {
            std::ifstream log{file("access")};
            std::string line;
            if (std::getline(log, line) && !log.eof()) return line;
            std::this_thread::yield();  // ctest's time-out, if it never comes
        }
    }

    TemporaryFolder folder_;
    std::unique_ptr<Serving> server_;
};

std::string field(const std::string& answer, const std::string& name) {
    const std::size_t at = answer.find("\r\n" + name + ": ");
    if (at == answer.npos) return "";
    const std::size_t begin = at + name.size() + 4;
    return answer.substr(begin, answer.find("\r\n", begin) - begin);
}

constexpr const char* kForged =
    "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\nX-Request-Id: told\r\n";

TEST_F(RequestLog, GivesEachRequestAnIdThatItsAnswerAndTheLogHave) {
    serve(R"("apps": [{"app": "echo"}])");
    const std::string answer = server_->ask("GET / HTTP/1.1", kForged);
    const std::string id = field(answer, "X-Request-Id");
    EXPECT_THAT(id, testing::MatchesRegex("[0-9a-f]{16}"));
    EXPECT_THAT(answer,
                AllOf(HasSubstr(R"("remote_addr":"127.0.0.1")"), HasSubstr(R"("scheme":"http")")));
    EXPECT_THAT(access_line(), AllOf(HasSubstr("\"request_id\":\"" + id + "\""),
                                     HasSubstr(R"("remote":"127.0.0.1")")));
}

TEST_F(RequestLog, TellsTheTraceIfThatIsAskedFor) {  // A-059
    const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    serve(R"("trusted_proxies": ["127.0.0.1"], "traceparent": true, "apps": [{"app": "hello"}])");
    server_->ask("GET / HTTP/1.1", "traceparent: " + trace + "\r\n");
    EXPECT_THAT(access_line(), HasSubstr(R"("trace":")" + trace + '"'));
}

TEST_F(RequestLog, BelievesTrustedProxies) {  // S-071
    serve(R"("trusted_proxies": ["127.0.0.1"], "apps": [{"app": "echo"}])");
    const std::string answer = server_->ask("GET / HTTP/1.1", kForged);
    EXPECT_EQ(field(answer, "X-Request-Id"), "told");
    EXPECT_THAT(answer,
                AllOf(HasSubstr(R"("remote_addr":"192.0.2.1")"), HasSubstr(R"("scheme":"https")")));
    EXPECT_THAT(access_line(),
                AllOf(HasSubstr(R"("request_id":"told")"), HasSubstr(R"("remote":"192.0.2.1")")));
}

// O-018
TEST_F(RequestLog, BelievesWhoeverComesOverAUnixSocketIfToldTo) {
    serve(R"("trusted_proxies": ["unix"], "apps": [{"app": "echo"}])");
    const PlainClient proxy{file("socket")};
    proxy.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + std::string{kForged} +
               "\r\n");
    const std::string answer = proxy.read_to_end();
    EXPECT_EQ(field(answer, "X-Request-Id"), "told");
    EXPECT_THAT(answer,
                AllOf(HasSubstr(R"("remote_addr":"192.0.2.1")"), HasSubstr(R"("scheme":"https")")));
    EXPECT_THAT(access_line(),
                AllOf(HasSubstr(R"("request_id":"told")"), HasSubstr(R"("remote":"192.0.2.1")")));
    EXPECT_THAT(server_->ask("GET / HTTP/1.1", kForged), HasSubstr(R"("remote_addr":"127.0.0.1")"));
}

TEST_F(RequestLog, TellsOfFailures) {
    serve(R"("apps": [{"app": "unruly", "mount": "/u"}])");
    const std::string answer = server_->ask("GET /u/throw HTTP/1.1", "Cookie: s3cret\r\n");
    const std::string line = error_line_with("as it was asked to");
    EXPECT_THAT(line, HasSubstr("request " + field(answer, "X-Request-Id")));
    EXPECT_THAT(line, HasSubstr("GET /u/throw (request "));
    EXPECT_THAT(line, HasSubstr(", mount /u, greenlet \""));
    EXPECT_THAT(line, Not(HasSubstr("s3cret")));
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_THAT(line, HasSubstr("; stack: "));
    EXPECT_THAT(line, HasSubstr("answer("));  // the application's function that threw
#endif
}

TEST_F(RequestLog, TellsOfTimeoutsWithTheStack) {
    serve(R"("timeouts": {"request": 0.1}, "apps": [{"app": "unruly"}])");
    const std::string answer = server_->ask("GET /sleep HTTP/1.1");
    EXPECT_THAT(answer, testing::StartsWith("HTTP/1.1 503 "));
    const std::string line = error_line_with("cut off by timeouts.request");
    EXPECT_THAT(line, HasSubstr("GET /sleep (request " + field(answer, "X-Request-Id")));
#if defined(__x86_64__)
    EXPECT_THAT(line, HasSubstr("; stack: "));
    EXPECT_THAT(line, HasSubstr("grove::sleep("));
#endif
}

TEST_F(RequestLog, NamesTheRequestThatCrashedAWorker) {
    serve(R"("apps": [{"app": "unruly"}])");
    for (const char* how : {"/crash", "/abort", "/stray"}) {
        // One that began later, and stands by.
        const PlainClient crashes{server_->port};
        crashes.send(
            "POST " + std::string{how} +
            "/%0a?x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
        crashes.read_until("100 Continue\r\n\r\n");
        const PlainClient waits{server_->port};
        waits.send(
            "POST /later HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
        waits.read_until("100 Continue\r\n\r\n");
        crashes.send("x");
        const std::string line = error_line_with("another takes its place");
        EXPECT_THAT(line, HasSubstr(" while it ran POST " + std::string{how} +
                                    "/%0a, with 2 requests in flight; another takes its place"));
        EXPECT_THAT(server_->get("/"), EndsWith("unruly\n"));
    }
}

TEST_F(RequestLog, NamesTheLastRequestOfAWorkerThatIsKilled) {
    serve(R"("apps": [{"app": "unruly"}])");
    EXPECT_THAT(server_->get("/"), EndsWith("unruly\n"));
    const PlainClient waits{server_->port};
    waits.send(
        "POST /slow HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
    waits.read_until("100 Continue\r\n\r\n");
    ::kill(server_->workers().at(0), SIGKILL);
    EXPECT_THAT(error_line_with("was ended by signal 9"),
                HasSubstr(" with 1 request in flight, the last begun POST /slow; another"));
    EXPECT_THAT(server_->get("/"), EndsWith("unruly\n"));
}

}  // namespace
}  // namespace grove
