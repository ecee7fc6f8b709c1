#include "@NAME@_app.h"

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

using namespace grove::http;
using Json = nlohmann::json;

namespace {

constexpr std::size_t kLargestBody = 65536;  // more: PayloadTooLarge, which grove answers with 413

Body answer(StartResponse& start_response, const char* status, const Json& json) {
    start_response(status, {{"Content-Type", "application/json"}});
    // What a client sent need not be UTF-8: replaced, not thrown at.
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

int digit(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

// "a%20b+c" is "a b c".
std::string decoded(std::string_view text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool escape = text[at] == '%' && at + 2 < text.size() && digit(text[at + 1]) >= 0 &&
                            digit(text[at + 2]) >= 0;
        if (escape) {
            plain += static_cast<char>(digit(text[at + 1]) * 16 + digit(text[at + 2]));
            at += 2;
        } else {
            plain += text[at] == '+' ? ' ' : text[at];
        }
    }
    return plain;
}

// The first value of `name` in "name=value&…".
std::optional<std::string> parameter(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const std::size_t end = query.find('&');
        const std::string_view pair = query.substr(0, end);
        const std::size_t equals = pair.find('=');
        if (decoded(pair.substr(0, equals)) == name) {
            return equals == std::string_view::npos ? "" : decoded(pair.substr(equals + 1));
        }
        query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    }
    return std::nullopt;
}

// GET /?name=Ada greets Ada.
Body greet(Environ& environ, StartResponse& start_response, const std::string& greeting) {
    const std::string name = parameter(environ["QUERY_STRING"], "name").value_or("world");
    return answer(start_response, "200 OK", {{"greeting", greeting + ", " + name + "!"}});
}

// POST {"numbers": [1, 2, 3]} adds them up.
Body add(Environ& environ, StartResponse& start_response) {
    const Json body = Json::parse(environ.input().read_all(kLargestBody), nullptr, false);
    if (!body.is_object() || !body.contains("numbers") || !body["numbers"].is_array()) {
        return answer(start_response, "400 Bad Request",
                      {{"error", R"(want {"numbers": [number, ...]})"}});
    }
    double sum = 0;
    for (const Json& number : body["numbers"]) {
        if (!number.is_number()) {
            return answer(start_response, "400 Bad Request", {{"error", "not a number"}});
        }
        sum += number.get<double>();
    }
    return answer(start_response, "200 OK", {{"sum", sum}});
}

}  // namespace

Application make_@NAME@(std::string_view config) {
    const std::string greeting = Json::parse(config).value("greeting", "Hello");
    return [greeting](Environ& environ, StartResponse& start_response) -> Body {
        const std::string_view method = environ["REQUEST_METHOD"];
        if (method == "GET" || method == "HEAD") return greet(environ, start_response, greeting);
        if (method == "POST") return add(environ, start_response);
        start_response("405 Method Not Allowed", {{"Allow", "GET, HEAD, POST"}});
        return {};
    };
}
