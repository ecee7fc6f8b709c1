// Cookies: what a server sets, and what a browser sends.
#include <grove/web/cookie.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "cookie_text.h"

namespace grove::web {
namespace {

using namespace std::chrono_literals;

TEST(Cookie, IsWrittenWithWhatItHas) {
    struct Row {
        Cookie cookie;
        const char* text;
    };
    const Row rows[] = {
        {{.name = "a", .value = "1"}, "a=1; Path=/; Secure; HttpOnly; SameSite=Lax"},
        {{.name = "a", .path = "", .secure = false, .http_only = false, .same_site = ""}, "a="},
        {{.name = "a", .value = "\"q\"", .max_age = 60s, .path = "/x y", .domain = "a.test"},
         "a=\"q\"; Max-Age=60; Path=/x y; Domain=a.test; Secure; HttpOnly; SameSite=Lax"},
        {{.name = "a", .max_age = -1s, .same_site = "None"},
         "a=; Max-Age=-1; Path=/; Secure; HttpOnly; SameSite=None"},
        {{.name = "__Host-a", .value = "!#$%&'()*+-./:<=>?@[]^_`{|}~", .same_site = "Strict"},
         "__Host-a=!#$%&'()*+-./:<=>?@[]^_`{|}~; Path=/; Secure; HttpOnly; SameSite=Strict"},
        {{.name = "__Secure-a", .path = "/b"},
         "__Secure-a=; Path=/b; Secure; HttpOnly; SameSite=Lax"},
    };
    for (const Row& row : rows) EXPECT_EQ(set_cookie_value(row.cookie), row.text);
}

TEST(Cookie, IsRefusedIfABrowserWouldReadAnother) {
    const Cookie rows[] = {
        {.name = ""},
        {.name = "a b"},
        {.name = "a="},
        {.name = "a;"},
        {.name = "\xc3\xa9"},
        {.name = "a", .value = "1;2"},
        {.name = "a", .value = "1 2"},
        {.name = "a", .value = "1,2"},
        {.name = "a", .value = "1\\2"},
        {.name = "a", .value = "\""},
        {.name = "a", .value = "\"1"},
        {.name = "a", .value = "1\r\nX: y"},
        {.name = "a", .value = "\xc3\xa9"},
        {.name = "a", .path = "x"},
        {.name = "a", .path = "/;Secure"},
        {.name = "a", .path = "/\n"},
        {.name = "a", .domain = "a.test; x"},
        {.name = "a", .same_site = "lax"},
        {.name = "a", .same_site = "Any"},
        {.name = "a", .secure = false, .same_site = "None"},
        {.name = "__Secure-a", .secure = false},
        {.name = "__secure-a", .secure = false},
        {.name = "__Host-a", .secure = false},
        {.name = "__Host-a", .path = "/b"},
        {.name = "__Host-a", .path = ""},
        {.name = "__HOST-a", .domain = "a.test"},
    };
    for (const Cookie& cookie : rows) {
        EXPECT_THROW(static_cast<void>(set_cookie_value(cookie)), std::invalid_argument)
            << cookie.name << '=' << cookie.value << ' ' << cookie.path << ' ' << cookie.same_site;
    }
}

TEST(CookieField, HasTheFirstOfAName) {
    struct Row {
        const char* field;
        std::optional<std::string> value;
    };
    const Row rows[] = {
        {"", std::nullopt},
        {"a=1", "1"},
        {"b=2; a=1", "1"},
        {"a=1; a=2", "1"},
        {"b=2;a=1", "1"},
        {" a = 1 ;b=2", "1"},
        {"a=", ""},
        {"a=b=c", "b=c"},
        {"a=\"q\"", "\"q\""},
        {"a", std::nullopt},
        {"A=1", std::nullopt},
        {"a; a=1", "1"},
        {"aa=2; xa=3; a=1", "1"},
        {";;; a=1;", "1"},
        {"=x; a=1", "1"},
        {"b=a=2; a=1", "1"},
        {"a=1 2", "1 2"},
        {"a=%41", "%41"},
    };
    for (const Row& row : rows) {
        const auto found = find_cookie(row.field, "a");
        EXPECT_EQ(found ? std::optional<std::string>{*found} : std::nullopt, row.value)
            << row.field;
    }
    EXPECT_EQ(find_cookie("=x", ""), std::nullopt);
}

}  // namespace
}  // namespace grove::web
