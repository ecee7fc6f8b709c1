#include "@NAME@_app.h"

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <grove/core.h>
#include <grove/web.h>

namespace web = grove::web;
using namespace std::chrono_literals;
using Json = nlohmann::json;

namespace {

constexpr std::size_t kLargestBody = 65536;  // more is answered with 413

web::Response answer(const Json& json, int status = 200) {
    // What a client sent need not be UTF-8: replaced, not thrown at.
    return web::json(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n", status);
}

// GET /?name=Ada greets Ada.
web::Response greet(const web::Request& request, const std::string& greeting) {
    const std::string name = request.query("name").value_or("world");
    return answer({{"greeting", greeting + ", " + name + "!"}});
}

// POST {"numbers": [1, 2, 3]} adds them up.
web::Response add(web::Request& request) {
    const Json body = Json::parse(request.text(kLargestBody), nullptr, false);
    if (!body.is_object() || !body.contains("numbers") || !body["numbers"].is_array())
        return answer({{"error", R"(want {"numbers": [number, ...]})"}}, 400);
    double sum = 0;
    for (const Json& number : body["numbers"]) {
        if (!number.is_number()) return answer({{"error", "not a number"}}, 400);
        sum += number.get<double>();
    }
    return answer({{"sum", sum}});
}

// Who has come. A greenlet beside the requests counts: no client waits for that.
struct Guests {
    grove::Queue<std::string> come{1000};
    std::map<std::string, int> visits;
};

// Runs until grove kills it, which it does before it destroys the application.
void count(Guests& guests) {
    for (;;) ++guests.visits[guests.come.get()];
}

// POST /guests with a form, name=Ada.
web::Response enter(web::Request& request, Guests& guests) {
    std::string name = request.form(kLargestBody).get("name").value_or("");
    if (name.empty()) return answer({{"error", "want a form with a name"}}, 400);
    if (!guests.come.try_put(name)) return answer({{"error", "too many at once"}}, 503);
    return answer({{"entered", true}}, 202);
}

}  // namespace

grove::http::Application make_@NAME@(std::string_view config) {
    const std::string greeting = Json::parse(config).value("greeting", "Hello");
    const auto guests = std::make_shared<Guests>();
    grove::spawn({.name = "guests"}, [guests] { count(*guests); });
    grove::every(1h, [guests] { guests->visits.clear(); });

    web::Router router;
    router.get("/", [greeting](web::Request& request) { return greet(request, greeting); });
    router.post("/", add);
    router.get("/guests", [guests](web::Request&) { return answer(guests->visits); });
    router.post("/guests", [guests](web::Request& request) { return enter(request, *guests); });
    return router.application();
}
