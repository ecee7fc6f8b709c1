// sessions() and csrf(), as a client with cookies sees them.
#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include <grove/http/http_error.h>
#include <grove/testing.h>
#include <grove/web/csrf.h>
#include <grove/web/request.h>
#include <grove/web/sessions.h>

#include "answers.h"
#include "greenlet_test.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using web::Session;

using Use = std::function<std::string(web::Request&)>;

/// 200 with what `use` returns.
http::Application using_session(Use use) {
    return [use](http::Environ& environ, http::StartResponse& start) -> http::Body {
        web::Request request{environ};
        std::string text = use(request);
        start("200 OK", {{"Content-Type", "text/plain"}});
        return text;
    };
}

web::SessionOptions options() {
    return {.keys = {std::string(32, 'k')}, .cookie = {.name = "s", .secure = false}};
}

/// One browser: it has the cookie that it was given last.
class Browser {
public:
    explicit Browser(std::vector<http::Middleware> around = {web::sessions(options())})
        : around_{std::move(around)} {}

    http::TestAnswer ask(const Use& use, http::TestRequest request = {}) {
        if (!cookie.empty()) request.headers.emplace_back("Cookie", cookie);
        auto answer = http::call(http::chain(using_session(use), around_), std::move(request));
        const std::string set = answer.header("Set-Cookie");
        if (!set.empty()) cookie = set.substr(0, set.find(';'));
        return answer;
    }

    std::string cookie{};

private:
    std::vector<http::Middleware> around_;
};

std::string remember(web::Request& request) {
    request.session().set("user", "ada");
    return "remembered";
}

std::string recall(web::Request& request) {
    const Session& session = request.session();
    return session.get("user").value_or("nobody") + (session.fresh() ? " fresh" : "") +
           (session.empty() ? " empty" : "");
}

GREENLET_TEST(Sessions, AreGivenBackByTheClient) {
    Browser browser;
    EXPECT_EQ(browser.ask(recall).body, "nobody fresh empty");
    EXPECT_THAT(browser.cookie, IsEmpty()) << "nothing was changed";
    const auto answer = browser.ask(remember);
    EXPECT_THAT(answer.header("Set-Cookie"), StartsWith("s="));
    EXPECT_THAT(answer.header("Set-Cookie"), HasSubstr("HttpOnly"));
    const auto second = browser.ask(recall);
    EXPECT_EQ(second.body, "ada");
    EXPECT_EQ(second.header("Set-Cookie"), "");
}

GREENLET_TEST(Sessions, TellCachesWhoseAnswerItIs) {
    Browser browser;
    EXPECT_EQ(browser.ask(remember).header("Vary"), "Cookie");
    EXPECT_EQ(browser.ask(recall).header("Vary"), "Cookie");
    EXPECT_EQ(browser.ask([](web::Request&) { return std::string{}; }).header("Vary"), "")
        << "nobody asked for it";
}

GREENLET_TEST(Sessions, TellCachesWhoseErrorItIs) {
    const auto ask = [](const http::Application& application) {
        return http::call(http::chain(application, {web::sessions(options())}));
    };
    const auto thrown = ask([](http::Environ& environ, http::StartResponse&) -> http::Body {
        web::Request request{environ};
        request.session().set("user", "ada");
        throw http::HttpError{404, "not yours\n", {{"Vary", "Accept"}}};
    });
    EXPECT_EQ(thrown.status, 404);
    EXPECT_EQ(thrown.header("Vary"), "Accept, Cookie");
    EXPECT_EQ(thrown.header("Set-Cookie"), "") << "what an error ends is not sent";
    const auto later = ask([](http::Environ& environ, http::StartResponse& start) -> http::Body {
        start("200 OK", {});
        return [&environ]() -> std::optional<std::string> {
            if (web::Request{environ}.session().empty()) throw http::HttpError{404, "nobody's\n"};
            return std::nullopt;
        };
    });
    EXPECT_EQ(later.status, 404);
    EXPECT_EQ(later.header("Vary"), "Cookie");
    const auto unread =
        ask([](http::Environ&, http::StartResponse&) -> http::Body { throw http::HttpError{404}; });
    EXPECT_EQ(unread.header("Vary"), "") << "nobody asked for it";
}

GREENLET_TEST(Sessions, KeepNoSlotForABodyThatIsThere) {
    std::vector<bool> closes;
    const http::Middleware watch = [&](http::Application inner) -> http::Application {
        return [&, inner](http::Environ& environ, http::StartResponse& start) {
            http::Body body = inner(environ, start);
            closes.push_back(body.has_on_close());
            return body;
        };
    };
    const std::vector<http::Middleware> around{watch, web::sessions(options())};
    http::call(http::chain(answering("200 OK", {}, "text"), around));
    http::call(http::chain(telling({"piece"}), around));
    EXPECT_EQ(closes, (std::vector<bool>{false, true}));
}

GREENLET_TEST(Sessions, EndWhenTheyAreCleared) {
    Browser browser;
    browser.ask(remember);
    const auto answer = browser.ask([](web::Request& request) {
        request.session().erase("nosuch");
        request.session().erase("user");
        return std::string{};
    });
    EXPECT_THAT(answer.header("Set-Cookie"), HasSubstr("Max-Age=0"));
    EXPECT_EQ(browser.cookie, "s=");
    EXPECT_EQ(browser.ask(recall).body, "nobody fresh empty");
}

GREENLET_TEST(Sessions, BelieveNoCookieThatIsNotTheirs) {
    Browser browser;
    browser.ask(remember);
    browser.cookie.back() = browser.cookie.back() == 'A' ? 'Q' : 'A';
    EXPECT_EQ(browser.ask(recall).body, "nobody fresh empty");
}

GREENLET_TEST(Sessions, FitACookie) {
    Browser browser;
    const auto answer = browser.ask([](web::Request& request) {
        Session& session = request.session();
        session.set("user", "ada");
        EXPECT_THROW(session.set("large", std::string(4096, 'a')), std::length_error);
        EXPECT_THROW(session.set("larger", std::string(100000, 'a')), std::length_error);
        session.set("fits", std::string(2900, 'a'));
        return std::string{};
    });
    EXPECT_EQ(answer.status, 200);
    EXPECT_LE(browser.cookie.size(), 4097U);
    EXPECT_EQ(browser.ask(recall).body, "ada") << "what did not fit changed nothing";
}

GREENLET_TEST(Sessions, AreNotChangedAfterStartResponse) {
    const http::Application late = [](http::Environ& environ, http::StartResponse& start) {
        web::Request request{environ};
        start("200 OK", {});
        EXPECT_EQ(request.session().get("user"), std::nullopt);
        EXPECT_THROW(request.session().set("user", "ada"), std::logic_error);
        EXPECT_THROW(request.session().clear(), std::logic_error);
        return http::Body{};
    };
    EXPECT_EQ(http::call(http::chain(late, {web::sessions(options())})).header("Set-Cookie"), "");
}

TEST(Sessions, RefuseOptionsThatCannotBe) {
    const auto refuses = [](const std::function<void(web::SessionOptions&)>& change) {
        web::SessionOptions changed = options();
        change(changed);
        EXPECT_THROW(web::sessions(changed), std::invalid_argument);
    };
    refuses([](web::SessionOptions& to) { to.keys = {}; });
    refuses([](web::SessionOptions& to) { to.keys.emplace_back(31, 'k'); });
    refuses([](web::SessionOptions& to) { to.lifetime = 0s; });
    refuses([](web::SessionOptions& to) { to.cookie.name = "a b"; });
    refuses([](web::SessionOptions& to) { to.cookie.same_site = "None"; });  // without secure
}

std::string token(web::Request& request) { return request.csrf_token(); }
std::string done(web::Request&) { return "done"; }

struct OptionRow {
    const char* what;
    http::Headers headers;
    bool with_token;
    int status;
};

GREENLET_TEST(Csrf, ChecksWhereARequestComesFromAndItsToken) {
    Browser browser{{web::sessions(options()), web::csrf({.origins = {"https://friend.test"}})}};
    const std::string first = browser.ask(token).body;
    const std::string second = browser.ask(token).body;
    EXPECT_NE(first, second) << "each has a mask of its own (BREACH)";
    const std::vector<OptionRow> rows{
        {"the token", {}, true, 200},
        {"no token", {}, false, 403},
        {"same origin", {{"Sec-Fetch-Site", "same-origin"}}, true, 200},
        {"same origin, no token", {{"Sec-Fetch-Site", "same-origin"}}, false, 403},
        {"by the user", {{"Sec-Fetch-Site", "none"}}, true, 200},
        {"same site", {{"Sec-Fetch-Site", "same-site"}}, true, 403},
        {"cross site", {{"Sec-Fetch-Site", "cross-site"}}, true, 403},
        {"own origin", {{"Origin", "http://localhost"}}, true, 200},
        {"own host over TLS of a proxy", {{"Origin", "https://localhost"}}, true, 200},
        {"another port", {{"Origin", "http://localhost:81"}}, true, 403},
        {"another origin", {{"Origin", "http://evil.test"}}, true, 403},
        {"null", {{"Origin", "null"}}, true, 403},
        {"a friend",
         {{"Origin", "https://friend.test"}, {"Sec-Fetch-Site", "cross-site"}},
         true,
         200},
        {"a friend, no token", {{"Origin", "https://friend.test"}}, false, 403},
    };
    for (const OptionRow& row : rows) {
        http::TestRequest request{.method = "POST", .headers = row.headers};
        if (row.with_token) request.headers.emplace_back("X-CSRF-Token", first);
        EXPECT_EQ(browser.ask(done, request).status, row.status) << row.what;
    }
    for (const char* method : {"PUT", "PATCH", "DELETE"})
        EXPECT_EQ(browser.ask(done, {.method = method}).status, 403) << method;
    for (const char* method : {"GET", "HEAD", "OPTIONS"}) {
        EXPECT_EQ(
            browser.ask(done, {.method = method, .headers = {{"Sec-Fetch-Site", "cross-site"}}})
                .status,
            200)
            << method;
    }
}

GREENLET_TEST(Csrf, BindsTheTokenToTheSession) {
    const std::vector<http::Middleware> around{web::sessions(options()), web::csrf()};
    Browser mine{around};
    Browser other{around};
    const std::string of_mine = mine.ask(token).body;
    other.ask(token);
    const auto post = [](Browser& browser, const std::string& with) {
        return browser.ask(done, {.method = "POST", .headers = {{"X-CSRF-Token", with}}}).status;
    };
    EXPECT_EQ(post(mine, of_mine), 200);
    EXPECT_EQ(post(other, of_mine), 403);
    EXPECT_EQ(post(mine, of_mine.substr(1)), 403);
    EXPECT_EQ(post(mine, ""), 403);
    Browser without{around};
    EXPECT_EQ(post(without, of_mine), 403) << "no session has no token";
}

GREENLET_TEST(Csrf, ReadsTheTokenOfAForm) {
    Browser browser{{web::sessions(options()), web::csrf()}};
    const std::string body = "name=ada&csrf_token=" + browser.ask(token).body;
    const Use name = [](web::Request& request) {
        return request.form().get("name").value_or("none");
    };
    const auto answer = browser.ask(
        name, {.method = "POST",
               .headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
               .body = body});
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "ada") << "the handler has the same form";
    EXPECT_EQ(
        browser
            .ask(name,
                 {.method = "POST", .headers = {{"Content-Type", "text/plain"}}, .body = body})
            .status,
        403)
        << "another type needs the header";
}

GREENLET_TEST(Csrf, ReadsAFormAsLargeAsTheApplicationTakes) {
    const std::size_t mebibyte = 1U << 20U;
    Browser browser{{web::sessions(options()), web::csrf({.form_limit = 3 * mebibyte})}};
    const std::string token_field = "csrf_token=" + browser.ask(token).body + "&text=";
    const auto post = [&](std::size_t bytes, std::size_t handlers) {
        const Use size = [handlers](web::Request& request) {
            try {
                return std::to_string(request.form(handlers).get("text").value_or("").size());
            } catch (const http::HttpError& error) {
                return std::to_string(error.status()) + " of the handler";
            }
        };
        const auto answer =
            browser.ask(size, {.method = "POST",
                               .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                               .body = token_field + std::string(bytes, 'x')});
        return answer.status == 200 ? answer.body : std::to_string(answer.status);
    };
    EXPECT_EQ(post(2 * mebibyte, 3 * mebibyte), std::to_string(2 * mebibyte));
    EXPECT_EQ(post(3 * mebibyte, 4 * mebibyte), "413");
    EXPECT_EQ(post(1000, 1000), "413 of the handler") << "the token counts, too";
    EXPECT_EQ(post(1000, 2000), "1000");
}

GREENLET_TEST(Csrf, StandsInsideSessions) {
    const auto answer = http::call(http::chain(using_session(done), {web::csrf()}));
    EXPECT_EQ(answer.status, 500);
    EXPECT_THAT(answer.errors, testing::Contains(HasSubstr("sessions()")));
}

TEST(Csrf, RefusesOptionsThatCannotBe) {
    EXPECT_THROW(web::csrf({.header = "a b"}), std::invalid_argument);
    EXPECT_THROW(web::csrf({.header = "a_b"}), std::invalid_argument);
    EXPECT_THROW(web::csrf({.field = ""}), std::invalid_argument);
    EXPECT_THROW(web::csrf({.origins = {"https://a.test/"}}), std::invalid_argument);
}

}  // namespace
}  // namespace grove::test
