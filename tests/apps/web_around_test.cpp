// The middlewares of grove::web, by configuration alone and the real binary (R-040 to R-045).
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.h"
#include "supervised.h"

namespace grove {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class WebAround : public Supervised {
protected:
    std::unique_ptr<Serving> serve_around(const std::string& middleware) const {
        return serve(R"("apps": [{"app": "static", "config": {"root": "."}, "around": [)" +
                     middleware + "]}]");
    }
};

TEST_F(WebAround, CompressesAFileUnlessOneLiesBesideIt) {  // R-040
    std::ofstream{file("page.txt")} << std::string(5000, 'a');
    std::ofstream{file("ready.txt")} << std::string(5000, 'a');
    std::ofstream{file("ready.txt.br")} << "ready";
    const auto server = serve_around(R"({"app": "compress", "config": {"minimum": 100}})");
    const std::string fields = "Accept-Encoding: gzip, br\r\n";

    const std::string answer = server->ask("GET /page.txt HTTP/1.1", fields);
    EXPECT_THAT(answer, HasSubstr("\r\nContent-Encoding: br\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nETag: W/\""));
    EXPECT_LT(answer.size(), 1000U);
    const std::string ready = server->ask("GET /ready.txt HTTP/1.1", fields);
    EXPECT_THAT(ready, HasSubstr("\r\nContent-Encoding: br\r\n"));
    EXPECT_EQ(body_of(ready), "ready") << "static's own wins";
    EXPECT_THAT(server->get("/page.txt"), Not(HasSubstr("Content-Encoding")));
}

TEST_F(WebAround, WantsAPassword) {  // R-043
    std::ofstream{file("page.txt")} << "page";
    std::ofstream{file("passwords")}
        << "u:$2y$05$Q8Il3.K6OJp1iUZj0Bf/i.8LpQeeDa2FwriyS5o/gGhdWrAHdBjKi\n";
    const auto server = serve_around(R"({"app": "basic_auth", "config": {"file": "passwords"}})");

    EXPECT_THAT(server->get("/page.txt"), StartsWith("HTTP/1.1 401 "));
    EXPECT_EQ(body_of(server->ask("GET /page.txt HTTP/1.1", "Authorization: Basic dTpwdw==\r\n")),
              "page");
}

TEST_F(WebAround, LimitsAnswersAndTellsBrowsers) {  // R-042, R-044, R-045
    std::ofstream{file("page.txt")} << "page";
    const auto server = serve_around(R"("security_headers",
        {"app": "cors", "config": {"origins": ["https://a.test"], "max_age": 60}},
        {"app": "rate_limit", "config": {"rate": 0.001, "burst": 1, "key": "X-Key"}})");
    const std::string fields = "Origin: https://a.test\r\nX-Key: k\r\n";

    const std::string answer = server->ask("GET /page.txt HTTP/1.1", fields);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(answer, HasSubstr("\r\nX-Content-Type-Options: nosniff\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nAccess-Control-Allow-Origin: https://a.test\r\n"));
    const std::string refused = server->ask("GET /page.txt HTTP/1.1", fields);
    EXPECT_THAT(refused, StartsWith("HTTP/1.1 429 "));
    EXPECT_THAT(refused, HasSubstr("\r\nRetry-After: "));
    EXPECT_THAT(refused, HasSubstr("\r\nAccess-Control-Allow-Origin: https://a.test\r\n"));
    EXPECT_THAT(server->get("/page.txt"), StartsWith("HTTP/1.1 200 ")) << "it has no key";
}

TEST_F(WebAround, StandsAroundASiteInTheOrderOfItsList) {  // A-006
    std::ofstream{file("page.txt")} << std::string(5000, 'a');
    const auto server = serve_around(R"({"app": "cors", "config": {"origins": ["https://a.test"]}},
        {"app": "compress", "config": {"minimum": 100}})");

    const std::string answer = server->ask("GET /page.txt HTTP/1.1",
                                           "Origin: https://a.test\r\nAccept-Encoding: gzip\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(answer, HasSubstr("\r\nAccess-Control-Allow-Origin: https://a.test\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nContent-Encoding: gzip\r\n"));
    EXPECT_LT(body_of(answer).size(), 1000U);
}

struct AroundFault {
    const char* middleware;
    const char* text;
};

TEST_F(WebAround, IsJudgedBeforeTheServerStarts) {  // R-040 to R-045
    const std::vector<AroundFault> faults{
        {R"({"app": "compress", "config": {"level": 10}})", "compress: level must be from 1 to 9"},
        {R"({"app": "compress", "config": {"level": "9"}})",
         R"("level" must be a small number, or null)"},
        {R"({"app": "compress", "config": {"deflate": true}})",
         R"("deflate" is not a key here, must be one of types, )"},
        {R"({"app": "cors", "config": {"origins": "*"}})", R"("origins" must be a list of texts)"},
        {R"({"app": "cors", "config": {"origins": ["*"], "credentials": true}})",
         "does not go with credentials"},
        {R"("basic_auth")", "exactly one of users, file and check"},
        {R"({"app": "basic_auth", "config": {"file": "nosuch"}})", "open nosuch"},
        {R"({"app": "rate_limit", "config": {"rate": 0}})", "rate must be above 0"},
        {R"({"app": "rate_limit", "config": {"key": "a b"}})", R"("key" must be "address")"},
        {R"({"app": "security_headers", "config": {"hsts": -1}})",
         R"("hsts" must be whole seconds)"},
    };
    for (const AroundFault& fault : faults) {
        const std::string path = configuration(
            std::string{R"("apps": [{"app": "hello", "around": [)"} + fault.middleware + "]}]");
        const ProgramResult result = run_program({GROVE_TEST_BINARY, "check", path});
        EXPECT_EQ(result.exit_code, 2) << fault.middleware;
        EXPECT_THAT(result.errors, HasSubstr("/apps/0/around/0: ")) << fault.middleware;
        EXPECT_THAT(result.errors, HasSubstr(fault.text)) << fault.middleware;
    }
}

}  // namespace
}  // namespace grove
