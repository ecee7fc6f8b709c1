// basic_auth() and bearer() (R-043).
#include <ctime>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/testing.h>
#include <grove/web/basic_auth.h>
#include <grove/web/bearer.h>

#include "answers.h"
#include "greenlet_test.h"
#include "temporary_folder.h"

namespace grove::test {
namespace {

using Users = std::map<std::string, std::string>;

http::TestAnswer log_in(const http::Middleware& gate, const std::string& authorization) {
    http::TestRequest request;
    if (!authorization.empty()) request.headers.emplace_back("Authorization", authorization);
    return http::call(http::chain(telling_key("REMOTE_USER"), {gate}), std::move(request));
}

struct LoginRow {
    const char* authorization;
    const char* user;  // "": 401
};

GREENLET_TEST(BasicAuth, KnowsNamesAndPasswords) {  // R-043, RFC 7617 section 2
    const auto gate = web::basic_auth(
        {.realm = "a \"realm\"",
         .users = Users{{"Aladdin", "open sesame"}, {"test", "123\xC2\xA3"}, {"none", ""}}});
    const std::vector<LoginRow> rows{
        {"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin"},  // section 2's
        {"basic   QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin"},
        {"Basic dGVzdDoxMjPCow==", "test"},  // section 2.1's, UTF-8
        {"Basic bm9uZTo=", "none"},
        {"", ""},
        {"Basic", ""},
        {"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ", ""},    // no padding
        {"Basic QWxhZGRpbjpvcGVuIHNlc2FtZR==", ""},  // not canonical
        {"Basic QWxhZGRpbg==", ""},                  // no colon
        {"Basic QWxhZGRpbjpvcGVuIHNlc2Ft", ""},      // "open sesam"
        {"Basic YWxhZGRpbjpvcGVuIHNlc2FtZQ==", ""},  // "aladdin"
        {"Basic bm9ib2R5Og==", ""},                  // "nobody:"
        {"Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==", ""},
        {"BasicQWxhZGRpbjpvcGVuIHNlc2FtZQ==", ""},
    };
    for (const LoginRow& row : rows) {
        const auto answer = log_in(gate, row.authorization);
        const bool right = *row.user != '\0';
        EXPECT_EQ(answer.status, right ? 200 : 401) << row.authorization;
        EXPECT_EQ(answer.header("WWW-Authenticate"),
                  right ? "" : R"(Basic realm="a \"realm\"", charset="UTF-8")");
        if (right) {
            EXPECT_EQ(answer.body, row.user);
        }
    }
}

GREENLET_TEST(BasicAuth, AsksACheck) {  // R-043
    const auto gate = web::basic_auth({.check = [](std::string_view user, std::string_view word) {
        grove::sleep(Duration::zero());
        return user == "a" && word == "b:c";
    }});
    EXPECT_EQ(log_in(gate, "Basic YTpiOmM=").body, "a");
    EXPECT_EQ(log_in(gate, "Basic YTpi").status, 401);
}

// htpasswd -nbB -C 5 u pw
constexpr const char* kHash = "$2y$05$Q8Il3.K6OJp1iUZj0Bf/i.8LpQeeDa2FwriyS5o/gGhdWrAHdBjKi";

GREENLET_TEST(BasicAuth, ReadsHtpasswd) {  // R-043
    const TemporaryFolder folder;
    const std::string path = (folder.path() / "passwords").string();
    std::ofstream{path} << "# those who may\n\nu:" << kHash << "\r\n";
    const auto gate = web::basic_auth({.file = path});
    EXPECT_EQ(log_in(gate, "Basic dTpwdw==").body, "u");    // u:pw
    EXPECT_EQ(log_in(gate, "Basic dTpwdw==").body, "u");    // as it is remembered
    EXPECT_EQ(log_in(gate, "Basic dTpwVw==").status, 401);  // u:pW
    EXPECT_EQ(log_in(gate, "Basic dTpwdw==").body, "u");    // a wrong one makes it forget nothing
    EXPECT_EQ(log_in(gate, "Basic djpwdw==").status, 401);  // v:pw
}

GREENLET_TEST(BasicAuth, WorksAsLongForEachNameThatItRefuses) {  // R-043
    const TemporaryFolder folder;
    const std::string path = (folder.path() / "passwords").string();
    const auto of_cost = [](const char* cost) { return std::string{"$2y$"} + cost + (kHash + 6); };
    std::ofstream{path} << "cheap:" << of_cost("04") << "\ndear:" << of_cost("10") << '\n';
    const auto gate = web::basic_auth({.file = path});
    const auto work = [&gate](const char* authorization) {  // of the processor: not the time
        const std::clock_t began = std::clock();
        EXPECT_EQ(log_in(gate, authorization).status, 401);
        return std::clock() - began;
    };
    const auto dear = work("Basic ZGVhcjpwdw==");     // dear:pw
    EXPECT_GT(work("Basic Y2hlYXA6cHc="), dear / 4);  // cheap:pw
    EXPECT_GT(work("Basic bm9uZTpwdw=="), dear / 4);  // none:pw
}

GREENLET_TEST(BasicAuth, RefusesFilesThatCannotBe) {  // R-043
    const TemporaryFolder folder;
    const std::string path = (folder.path() / "passwords").string();
    for (const std::string text : {"", "u\n", ":x\n", "u:plain\n",
                                   "u:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n", "u:$apr1$a$b\n"}) {
        std::ofstream{path} << text;
        EXPECT_THROW(web::basic_auth({.file = path}), std::invalid_argument) << text;
    }
    std::ofstream{path} << "u:" << kHash << "\nu:" << kHash << '\n';
    EXPECT_THROW(web::basic_auth({.file = path}), std::invalid_argument);
    EXPECT_THROW(web::basic_auth({.file = path + "x"}), std::system_error);
}

TEST(BasicAuth, RefusesOptionsThatCannotBe) {  // R-043
    const auto check = [](std::string_view, std::string_view) { return true; };
    EXPECT_THROW(web::basic_auth({}), std::invalid_argument);
    EXPECT_THROW(web::basic_auth({.users = Users{{"a", "b"}}, .check = check}),
                 std::invalid_argument);
    EXPECT_THROW(web::basic_auth({.users = Users{{"a:b", "c"}}}), std::invalid_argument);
    EXPECT_THROW(web::basic_auth({.realm = "a\nb", .check = check}), std::invalid_argument);
}

struct TokenRow {
    const char* authorization;
    int status;
    const char* challenge;
};

GREENLET_TEST(Bearer, AsksItsCheck) {  // R-043, RFC 6750 section 3
    const auto gate = web::bearer({.realm = "r", .check = [](std::string_view token) {
                                       return token == "mF_9.B5f-4.1JqM="
                                                  ? std::optional<std::string>{"ada"}
                                                  : std::nullopt;
                                   }});
    const std::vector<TokenRow> rows{
        {"Bearer mF_9.B5f-4.1JqM=", 200, ""},
        {"bearer mF_9.B5f-4.1JqM=", 200, ""},
        {"", 401, R"(Bearer realm="r")"},
        {"Basic YTpi", 401, R"(Bearer realm="r")"},
        {"Bearer other", 401, R"(Bearer realm="r", error="invalid_token")"},
        {"Bearer two words", 400, R"(Bearer realm="r", error="invalid_request")"},
        {"Bearer", 400, R"(Bearer realm="r", error="invalid_request")"},
        {"Bearer a=b", 400, R"(Bearer realm="r", error="invalid_request")"},
    };
    for (const TokenRow& row : rows) {
        const auto answer = log_in(gate, row.authorization);
        EXPECT_EQ(answer.status, row.status) << row.authorization;
        EXPECT_EQ(answer.header("WWW-Authenticate"), row.challenge) << row.authorization;
        EXPECT_EQ(answer.body == "ada", row.status == 200) << row.authorization;
    }
}

TEST(Bearer, NeedsACheck) { EXPECT_THROW(web::bearer({}), std::invalid_argument); }

}  // namespace
}  // namespace grove::test
