// welcome - a page at its mount that says what runs, with links.
//
// config: {"links": {"hello": "/hello", …}}, what to call and where to find the other applications.
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <grove/plugin.h>

#include "page.h"

namespace {

using namespace grove::http;
using Json = nlohmann::ordered_json;

std::vector<Link> links_of(std::string_view config) {
    const Json object = Json::parse(config);
    const Json links = object.value("links", Json::object());
    if (!links.is_object())
        throw std::invalid_argument{"\"links\" must be an object of names and paths"};
    std::vector<Link> result;
    for (const auto& [name, target] : links.items()) {
        if (!target.is_string())
            throw std::invalid_argument{"\"links\": \"" + name + "\" must be a path"};
        result.push_back({name, target.get<std::string>()});
    }
    return result;
}

std::string how_it_answers(const Environ& environ) {
    const bool several = environ["wsgi.multiprocess"] == "true";
    return "over " + std::string{environ["SERVER_PROTOCOL"]} + " by " +
           (several ? "one of several processes" : "its one process");
}

Application make_welcome(std::string_view config) {
    return [page = WelcomePage{links_of(config)}](Environ& environ,
                                                  StartResponse& start_response) -> Body {
        if (const std::string_view path = environ["PATH_INFO"]; !path.empty() && path != "/") {
            start_response("404 Not Found", {{"Content-Type", "text/plain"}});
            return "Not Found\n";
        }
        start_response("200 OK", {{"Content-Type", "text/html; charset=utf-8"}});
        return page.text(how_it_answers(environ));
    };
}

}  // namespace

GROVE_PLUGIN(welcome, "1.0", make_welcome);
