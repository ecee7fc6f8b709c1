// Calls the application in process: no port is taken. Ends with 0 if all holds.
#include <cstdio>
#include <string>

#include <grove/core.h>
#include <grove/testing.h>

#include "@NAME@_app.h"

using namespace grove::http;

namespace {

int failures = 0;

void expect(const TestAnswer& answer, int status, const std::string& body) {
    if (answer.status == status && answer.body == body) return;
    ++failures;
    std::printf("wanted %d %sgot    %d %s\n", status, body.c_str(), answer.status,
                answer.body.c_str());
    for (const std::string& line : answer.errors) std::printf("       %s\n", line.c_str());
}

TestAnswer post(const Application& application, const std::string& body) {
    return call(application, {.method = "POST", .body = body});
}

TestAnswer enter(const Application& application, const std::string& form) {
    return call(application, {.method = "POST",
                              .target = "/guests",
                              .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                              .body = form});
}

}  // namespace

int main() {
    const Application application = make_@NAME@(R"({"greeting": "Hi"})");

    expect(call(application), 200, "{\"greeting\":\"Hi, world!\"}\n");
    expect(call(application, {.target = "/?name=Ada+L%2e"}), 200, "{\"greeting\":\"Hi, Ada L.!\"}\n");
    expect(post(application, R"({"numbers": [1, 2, 3.5]})"), 200, "{\"sum\":6.5}\n");
    expect(post(application, "nonsense"), 400, "{\"error\":\"want {\\\"numbers\\\": [number, ...]}\"}\n");
    expect(enter(application, "name=Ada+L%2e"), 202, "{\"entered\":true}\n");
    expect(enter(application, "nobody"), 400, "{\"error\":\"want a form with a name\"}\n");
    grove::sleep();  // the greenlet has its turn
    expect(call(application, {.target = "/guests"}), 200, "{\"Ada L.\":1}\n");
    expect(call(application, {.method = "HEAD"}), 200, "");

    if (failures == 0) std::puts("@NAME@: all as it should be");
    return failures == 0 ? 0 : 1;
}
