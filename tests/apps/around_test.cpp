// "around": middleware by configuration alone, by the real binary (A-006).
#include <csignal>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "supervised.h"

namespace grove {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

/// The values of this field, in their order.
std::vector<std::string> fields(const std::string& answer, const std::string& name) {
    const std::string head = answer.substr(0, answer.find("\r\n\r\n") + 2);
    const std::string begin = "\r\n" + name + ": ";
    std::vector<std::string> values;
    for (std::size_t at = 0; (at = head.find(begin, at)) != head.npos;) {
        at += begin.size();
        values.push_back(head.substr(at, head.find("\r\n", at) - at));
    }
    return values;
}

class Around : public Supervised {
protected:
    Around() { std::ofstream{file("page.txt")} << "the page\n"; }

    const std::string static_ = R"("app": "static", "config": {"root": "."})";
};

// A-006
TEST_F(Around, PutsStaticInsideTwoMiddlewaresByConfigurationAlone) {
    const auto server = serve(R"("apps": [{)" + static_ + R"(, "around": [
        {"app": "headers", "config": {"set": {"X-Order": "outer"}, "remove": ["etag"]}},
        {"app": "headers", "config": {"set": {"X-Order": ["inner", "most"], "X-Inner": "1"}}}]}])");

    const std::string answer = server->get("/page.txt");

    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_EQ(body_of(answer), "the page\n");
    EXPECT_THAT(fields(answer, "X-Order"), ElementsAre("outer")) << "it has the last word";
    EXPECT_THAT(fields(answer, "X-Inner"), ElementsAre("1"));
    EXPECT_THAT(fields(answer, "ETag"), IsEmpty());
    EXPECT_THAT(fields(answer, "Content-Length"), ElementsAre("9"));
    EXPECT_THAT(fields(answer, "Last-Modified"), Not(IsEmpty()));
}

// A-006
TEST_F(Around, IsOutermostFirstAndThatOfAllIsAroundEach) {
    const auto server = serve(R"("apps": [
        {"app": "hello", "mount": "/a", "around": [{"app": "wrapper", "config": {"a": 3}},
                                                   {"app": "wrapper", "config": {"a": 4}}]},
        {"app": "hello", "mount": "/b"}],
        "around": [{"app": "wrapper", "config": {"a": 1}}, {"app": "wrapper", "config": {"a": 2}}])");

    // Each adds its field to those of the application that it is around.
    EXPECT_THAT(fields(server->get("/a"), "X-Around"),
                ElementsAre(R"({"a":4})", R"({"a":3})", R"({"a":2})", R"({"a":1})"));
    EXPECT_THAT(fields(server->get("/b"), "X-Around"), ElementsAre(R"({"a":2})", R"({"a":1})"));
    const std::string nowhere = server->get("/c");
    EXPECT_THAT(nowhere, StartsWith("HTTP/1.1 404 Not Found\r\n"));
    EXPECT_THAT(fields(nowhere, "X-Around"), ElementsAre(R"({"a":2})", R"({"a":1})"));
}

// A-006
TEST_F(Around, SetsEachFieldOnceAndWithAllItsValues) {
    const auto server = serve(R"("apps": [{"app": "status"}], "around": [{"app": "headers",
        "config": {"set": {"x-probe": ["a", "b"], "X-Empty": ""}, "remove": ["X-Nosuch"]}}])");
    for (const char* target : {"/200?own", "/404", "/304"}) {
        const std::string answer = server->get(target);
        EXPECT_THAT(fields(answer, "x-probe"), ElementsAre("a", "b")) << target;
        EXPECT_THAT(fields(answer, "X-Probe"), IsEmpty()) << target;
        EXPECT_THAT(fields(answer, "X-Empty"), ElementsAre("")) << target;
    }
}

// A-006, A-040
TEST_F(Around, SetsTheFieldsOfAnAnswerThatIsThrown) {
    const auto server = serve(R"("apps": [{"app": "unruly"}], "around": [{"app": "headers",
        "config": {"set": {"x-probe": "set"}}}])");
    for (const char* target : {"/teapot", "/teapot/late"}) {
        const std::string answer = server->get(target);
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 418 ")) << target;
        EXPECT_THAT(fields(answer, "x-probe"), ElementsAre("set")) << target;
        EXPECT_THAT(fields(answer, "X-Probe"), IsEmpty()) << target;
        EXPECT_EQ(body_of(answer), "short and stout\n") << target;
    }
}

// A-006
TEST_F(Around, WritesALineOfEachRequestAtDebug) {
    more_log_ = R"(, "level": "debug")";
    const auto server = serve(R"("apps": [{"app": "status", "mount": "/s"},
                                          {"app": "unruly", "mount": "/u"},
                                          {"app": "stream", "mount": "/t"}],
                                 "around": ["request_log"])");

    server->get("/s/418?a%2Fb");
    EXPECT_THAT(line_with(*server, "request_log: "),
                testing::ContainsRegex(R"(request_log: GET /s/418\?a%2Fb 418 [0-9]+\.[0-9]+ ms)"));
    server->get("/t?chunks=3&size=2&delay=0");
    EXPECT_THAT(line_with(*server, "request_log: "), HasSubstr(" 200 "));
    server->get("/u/throw");
    EXPECT_THAT(line_with(*server, "request_log: "), HasSubstr("GET /u/throw - "));
    server->get("/u/teapot");
    EXPECT_THAT(line_with(*server, "request_log: "), HasSubstr("GET /u/teapot 418 "));
    server->get("/u/teapot/late");
    EXPECT_THAT(line_with(*server, "request_log: "), HasSubstr("GET /u/teapot/late 418 "));
}

// A-006
TEST_F(Around, IsSilentUnlessTheLogIsAtDebug) {
    log_ = file("error.log");
    const auto server = serve(R"("apps": [{"app": "hello"}], "around": ["request_log"])");
    EXPECT_EQ(body_of(server->get("/")), "Hello, World!");
    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);

    std::ifstream log{log_};
    const std::string text{std::istreambuf_iterator<char>{log}, {}};
    EXPECT_THAT(text, HasSubstr("stop: "));
    EXPECT_THAT(text, Not(HasSubstr("request_log: ")));
}

// A-006
TEST_F(Around, IsLoadedAnewByAReload) {
    const auto server = serve(R"("apps": [{"app": "hello"}],
        "around": [{"app": "wrapper", "config": {"a": 1}}])");
    EXPECT_THAT(fields(server->get("/"), "X-Around"), ElementsAre(R"({"a":1})"));

    configuration(R"("apps": [{"app": "hello"}],
        "around": [{"app": "wrapper", "config": {"throw": 1}}])");
    server->program.send_signal(SIGHUP);
    EXPECT_THAT(line_with(*server, "/around/0"), HasSubstr("/around/0: no size, wanted one"));
    EXPECT_THAT(fields(server->get("/"), "X-Around"), ElementsAre(R"({"a":1})"));

    configuration(R"("apps": [{"app": "hello"}],
        "around": [{"app": "wrapper", "config": {"a": 2}}])");
    reload(*server);
    const auto around = [&] { return fields(server->get("/"), "X-Around"); };
    std::vector<std::string> told = around();
    while (told == std::vector<std::string>{R"({"a":1})"}) told = around();  // a worker that goes
    EXPECT_THAT(told, ElementsAre(R"({"a":2})"));
}

// A-006
TEST_F(Around, WrapsTheApplicationsOfFlags) {
    const std::string path = configuration(
        R"("apps": [{"app": "nosuch"}], "around": [{"app": "wrapper", "config": {"a": 1}}])");
    const Serving server{serve_command({path, "--app", "hello"}), file("output")};
    EXPECT_THAT(fields(server.get("/"), "X-Around"), ElementsAre(R"({"a":1})"));
}

}  // namespace
}  // namespace grove
