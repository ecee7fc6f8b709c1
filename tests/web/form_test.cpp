// The body of a request as its handler has it, and its query and cookies.
#include <stdexcept>
#include <string>
#include <utility>

#include <gmock/gmock.h>

#include <grove/http/environ.h>
#include <grove/http/http_error.h>
#include <grove/testing.h>
#include <grove/web/router.h>

#include "greenlet_test.h"

namespace grove::web {
namespace {

using ::testing::HasSubstr;

const std::string kUrlencoded = "application/x-www-form-urlencoded";
const std::string kMultipart = "multipart/form-data; boundary=b";

Application served(Handler handler) {
    return Router{}.route("GET,POST", "/", std::move(handler)).application();
}

http::TestAnswer post(const Handler& handler, const std::string& type, std::string body) {
    return http::call(
        served(handler),
        {.method = "POST", .headers = {{"Content-Type", type}}, .body = std::move(body)});
}

Response tell_form(Request& request) {
    std::string told;
    for (const auto& [name, value] : request.form(40)) told += name + '=' + value + ';';
    return text(told);
}

std::string form_part(const std::string& parameters, const std::string& content) {
    return "--b\r\nContent-Disposition: form-data; " + parameters + "\r\n\r\n" + content + "\r\n";
}

GREENLET_TEST(Form, IsUrlencodedOrMultipart) {
    EXPECT_EQ(post(tell_form, kUrlencoded, "a=1+2&b=%26&a=3").body, "a=1 2;b=&;a=3;");
    EXPECT_EQ(post(tell_form, kUrlencoded + "; charset=UTF-8", "").body, "");
    const std::string file(100'000, 'x');  // is passed over, and does not count
    EXPECT_EQ(post(tell_form, kMultipart,
                   form_part("name=a", "1 2") + form_part("name=f; filename=x", file) +
                       form_part("name=a", "3") + "--b--\r\n")
                  .body,
              "a=1 2;a=3;");
}

GREENLET_TEST(Form, IsRefusedWithAStatus) {
    struct Refused {
        std::string type;
        std::string body;
        int status;
    };
    for (const Refused& row :
         {Refused{kUrlencoded, "a=%zz", 400},
          Refused{kUrlencoded, "a=" + std::string(38, 'x'), 200},
          Refused{kUrlencoded, "a=" + std::string(39, 'x'), 413}, Refused{"text/plain", "a=1", 415},
          Refused{"multipart/mixed; boundary=b", "--b--", 415},
          Refused{"multipart/form-data", "--b--", 400},
          Refused{kMultipart, form_part("name=a", "1"), 400}, Refused{kMultipart, "--b--", 200},
          Refused{kMultipart, form_part("name=a", std::string(39, 'x')) + "--b--", 200},
          Refused{kMultipart, form_part("name=a", std::string(40, 'x')) + "--b--", 413}}) {
        EXPECT_EQ(post(tell_form, row.type, row.body).status, row.status)
            << row.type << ' ' << row.body;
    }
    EXPECT_EQ(http::call(served(tell_form), {.method = "POST", .body = "a=1"}).status, 415);
}

GREENLET_TEST(Form, HasAThousandFields) {
    const auto count = [](Request& request) { return text(std::to_string(request.form().size())); };
    std::string many = "a=1";
    for (int more = 1; more < 1000; ++more) many += "&a=1";

    EXPECT_EQ(post(count, kUrlencoded, many).body, "1000");
    EXPECT_EQ(post(count, kUrlencoded, many + "&a=1").status, 413);
}

GREENLET_TEST(Body, IsReadOnce) {
    const auto again = [](Request& request) {
        EXPECT_EQ(&request.form(), &request.form());
        Request other{request.environ()};  // of a middleware, say
        EXPECT_EQ(&other.form(), &request.form());
        EXPECT_THROW(request.text(), std::logic_error);
        EXPECT_THROW(other.multipart(), std::exception);
        return text(*request.form().get("a"));
    };
    EXPECT_EQ(post(again, kUrlencoded, "a=1").body, "1");

    const auto text_first = [](Request& request) {
        const std::string body = request.text();
        EXPECT_THROW(request.form(), std::logic_error);
        EXPECT_THROW(request.text(), std::logic_error);
        return text(body);
    };
    EXPECT_EQ(post(text_first, kUrlencoded, "a=%zz").body, "a=%zz");

    const auto parts_first = [](Request& request) {
        const Multipart multipart = request.multipart();
        EXPECT_THROW(request.multipart(), std::logic_error);
        EXPECT_THROW(request.form(), std::logic_error);
        EXPECT_THROW(request.text(), std::logic_error);
        return text("");
    };
    EXPECT_EQ(post(parts_first, kMultipart, "--b--").status, 200);
}

GREENLET_TEST(Body, HasALimitAsText) {
    const auto echo = [](Request& request) { return text(request.text(4)); };

    EXPECT_EQ(post(echo, "text/plain", "four").body, "four");
    EXPECT_EQ(post(echo, "text/plain", "fives").status, 413);
    EXPECT_EQ(post(echo, "text/plain", "").body, "");
}

GREENLET_TEST(Query, IsDecodedWhenItIsAskedFor) {
    const auto ask = [](Request& request) {
        std::string told = request.query("a").value_or("-");
        for (const std::string& value : request.query_all("b")) told += '|' + value;
        return text(told);
    };
    EXPECT_EQ(http::call(served(ask), {.target = "/?b=1&a=x+%26&b=%C3%A9&c=%zz"}).body,
              "x &|1|\xc3\xa9");
    EXPECT_EQ(http::call(served(ask), {.target = "/"}).body, "-");
    EXPECT_EQ(http::call(served(ask), {.target = "/?a=%zz"}).status, 400);
}

GREENLET_TEST(Cookies, AreOneField) {
    const auto ask = [](Request& request) { return text(request.cookie("a").value_or("-")); };

    EXPECT_EQ(
        http::call(served(ask), {.headers = {{"Cookie", "b=1"}, {"Cookie", "a=2; a=3"}}}).body,
        "2");
    EXPECT_EQ(http::call(served(ask)).body, "-");
}

GREENLET_TEST(Request, HasASessionOnlyOfAMiddleware) {
    const auto ask = [](Request& request) {
        EXPECT_THROW(request.session(), std::logic_error);
        EXPECT_THROW(request.csrf_token(), std::logic_error);
        Request own{request.environ()};
        EXPECT_THROW(own.start_response(), std::logic_error);
        EXPECT_THROW(static_cast<void>(own.url_for("x")), std::logic_error);
        EXPECT_THROW(own.path<std::string>("x"), std::out_of_range);
        return text("asked");
    };
    EXPECT_EQ(http::call(served(ask)).body, "asked");
}

}  // namespace
}  // namespace grove::web
