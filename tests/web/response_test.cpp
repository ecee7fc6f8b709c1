// What handlers return, and its makers.
#include <grove/web/response.h>

#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include <gmock/gmock.h>

#include <grove/http/http_error.h>
#include <grove/testing.h>
#include <grove/web/router.h>

#include "greenlet_test.h"
#include "temporary_folder.h"

namespace grove::web {
namespace {

http::TestAnswer answered(Handler handler, Headers fields = {}) {
    return http::call(Router{}.get("/", std::move(handler)), {.headers = std::move(fields)});
}

GREENLET_TEST(Response, HasATypeByItsMaker) {
    struct Made {
        Response (*make)();
        int status;
        const char* type;
        const char* body;
    };
    for (const Made& row :
         {Made{[] { return text("a", 201); }, 201, "text/plain; charset=utf-8", "a"},
          Made{[] { return html("<b>"); }, 200, "text/html; charset=utf-8", "<b>"},
          Made{[] { return json("{}"); }, 200, "application/json", "{}"},
          Made{[] { return empty(); }, 204, "", ""},
          Made{[] { return Response{}; }, 200, "", ""}}) {
        const http::TestAnswer answer = answered([&row](Request&) { return row.make(); });
        EXPECT_EQ(answer.status, row.status);
        EXPECT_EQ(answer.header("content-type"), row.type);
        EXPECT_EQ(answer.body, row.body);
    }
}

GREENLET_TEST(Response, MayBeAFile) {
    const TemporaryFolder folder;
    const std::string path = folder.path() / "data";
    std::ofstream{path} << "0123456789";
    const http::TestAnswer answer = answered([&path](Request&) {
        return file({.path = path, .offset = 2, .length = 3}).header("Content-Type", "text/plain");
    });

    EXPECT_EQ(answer.body, "234");
    EXPECT_EQ(answer.header("content-type"), "text/plain");
    EXPECT_THROW((void)file({.path = path + "x"}), std::system_error);
}

GREENLET_TEST(Response, MayLeadElsewhere) {
    const http::TestAnswer answer = answered([](Request&) { return redirect("/there?a=b"); });

    EXPECT_EQ(answer.status, 303);
    EXPECT_EQ(answer.header("location"), "/there?a=b");
    EXPECT_THROW((void)redirect("/a\r\nX: y"), std::invalid_argument);
    EXPECT_THROW((void)redirect(""), std::invalid_argument);
    for (const int status : {200, 300, 304, 400})
        EXPECT_THROW((void)redirect("/", status), std::invalid_argument) << status;
}

TEST(Response, SetsAFieldInPlaceOfOthersOfItsName) {
    Response response = text("a").header("X-A", "1").cookie({.name = "c", .value = "1"});
    response.headers.emplace_back("x-a", "2");
    response.header("x-A", "3").cookie({.name = "d"});

    ASSERT_EQ(response.headers.size(), 4U);
    EXPECT_EQ(response.headers[1], (std::pair<std::string, std::string>{"X-A", "3"}));
    EXPECT_EQ(response.headers[2].second, "c=1; Path=/; Secure; HttpOnly; SameSite=Lax");
    EXPECT_EQ(response.headers[3].first, "Set-Cookie");
}

TEST(Response, RefusesBadFieldsAtOnce) {
    Response response = text("a");
    for (const auto& [name, value] : Headers{{"", "a"},
                                             {"X A", "a"},
                                             {"X:", "a"},
                                             {"X-A", "a\r\nX-B: c"},
                                             {"X-A", std::string(1, '\0')},
                                             {"Transfer-Encoding", "chunked"},
                                             {"keep-alive", "1"},
                                             {"Upgrade", "h2c"},
                                             {"Proxy-Connection", "close"},
                                             {"Connection", "Upgrade"},
                                             {"Content-Length", "-1"}})
        EXPECT_THROW(response.header(name, value), std::invalid_argument) << name << ": " << value;
    EXPECT_THROW(response.cookie({.name = "a", .value = ";"}), std::invalid_argument);
    EXPECT_EQ(response.headers.size(), 1U);
    EXPECT_NO_THROW(response.header("Connection", "close").header("Content-Length", "1"));
}

GREENLET_TEST(Response, MayHaveBeenStartedByTheHandler) {
    const http::TestAnswer answer = answered([](Request& request) {
        const http::Write write = request.start_response()("202 Accepted", {{"X-A", "1"}});
        write("by hand");
        return started();
    });

    EXPECT_EQ(answer.status, 202);
    EXPECT_EQ(answer.header("x-a"), "1");
    EXPECT_EQ(answer.body, "by hand");
}

GREENLET_TEST(HandlersError, IsItsAnswer) {
    const auto fail = [](Request&) -> Response {
        throw http::HttpError{409, "taken", {{"X-A", "1"}}};
    };
    const http::TestAnswer plain = answered(fail);
    EXPECT_EQ(plain.status, 409);
    EXPECT_EQ(plain.header("x-a"), "1");
    EXPECT_EQ(plain.body, "taken");

    const http::TestAnswer json = answered(fail, {{"Accept", "application/json, */*;q=0.5"}});
    EXPECT_EQ(json.status, 409);
    EXPECT_EQ(json.header("content-type"), "application/json");
    EXPECT_EQ(json.body, "{\"status\": 409, \"error\": \"taken\"}\n");
}

GREENLET_TEST(HandlersError, ReplacesAnAnswerThatWasStarted) {
    const http::TestAnswer answer = answered([](Request& request) -> Response {
        request.start_response()("200 OK", {{"X-A", "1"}});
        throw http::HttpError{503, "not now"};
    });

    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.header("x-a"), "");
    EXPECT_EQ(answer.body, "not now");
}

}  // namespace
}  // namespace grove::web
