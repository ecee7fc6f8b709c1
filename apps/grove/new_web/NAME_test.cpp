// Calls the application in process, as a browser would: no port is taken. Ends with 0 if all holds.
#include <cstdio>
#include <string>
#include <string_view>

#include <grove/testing.h>
#include <grove/web.h>

#include "@NAME@_app.h"

using namespace grove::http;

namespace {

int failures = 0;

void expect(bool holds, const char* what, const TestAnswer& answer) {
    if (holds) return;
    ++failures;
    std::printf("%s; got %d %s\n", what, answer.status, answer.body.c_str());
    for (const std::string& line : answer.errors) std::printf("       %s\n", line.c_str());
}

bool has(const TestAnswer& answer, std::string_view text) {
    return answer.body.find(text) != std::string::npos;
}

TestAnswer post(TestClient& browser, const std::string& target, const std::string& form) {
    return browser.post(target, form, {{"Content-Type", "application/x-www-form-urlencoded"}});
}

// The field that the page's forms send along.
std::string token_of(const TestAnswer& page) {
    constexpr std::string_view kBefore = R"(name="csrf_token" value=")";
    const std::size_t at = page.body.find(kBefore);
    if (at == std::string::npos) return "";
    const std::size_t begin = at + kBefore.size();
    const std::string token = page.body.substr(begin, page.body.find('"', begin) - begin);
    return "csrf_token=" + grove::web::percent_encode(token);
}

}  // namespace

int main() {
    TestClient browser{make_app({.title = "Guests & co.", .keys = {std::string(32, 'k')}})};

    TestAnswer answer = browser.get("/");
    expect(answer.status == 200 && has(answer, "<h1>Guests &amp; co.</h1>"), "wanted the page",
           answer);
    expect(!has(answer, "Forget me"), "nobody has signed", answer);
    const std::string token = token_of(answer);

    answer = post(browser, "/", "name=Ada&text=Hello");
    expect(answer.status == 403, "a form without its token is refused", answer);
    answer = post(browser, "/", token + "&name=Ada");
    expect(answer.status == 400 && has(answer, "A text is wanted"), "wanted the fault", answer);
    answer = post(browser, "/", token + "&name=Ada&text=" + std::string(20000, 'x'));
    expect(answer.status == 413, "a form is too large", answer);
    answer = post(browser, "/", token + "&name=Ada&text=%3Cb%3E+%26+more");
    expect(answer.status == 303 && answer.header("Location") == "/", "wanted a redirect", answer);

    answer = browser.get("/");
    expect(has(answer, "<b>Ada</b>: &lt;b&gt; &amp; more"), "wanted the entry, escaped", answer);
    expect(has(answer, R"(value="Ada")"), "wanted the name of the session", answer);
    answer = browser.get("/entries");
    expect(answer.body == "[{\"name\":\"Ada\",\"text\":\"<b> & more\"}]\n", "wanted JSON", answer);

    answer = post(browser, "/forget", token);
    expect(answer.status == 303, "wanted a redirect", answer);
    answer = browser.get("/");
    expect(has(answer, R"(value="")") && !has(answer, "Forget me"), "wanted no name", answer);

    if (failures == 0) std::puts("@NAME@: all as it should be");
    return failures == 0 ? 0 : 1;
}
