// welcome - a page at its mount that says what runs, with links.
//
// config: {"links": {"hello": "/hello", …}}, what to call and where to find the other applications.
#include <stdexcept>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <grove/core/version.h>
#include <grove/plugin.h>

namespace {

using namespace grove::http;
using Json = nlohmann::ordered_json;

std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '&':
                result += "&amp;";
                break;
            case '<':
                result += "&lt;";
                break;
            case '>':
                result += "&gt;";
                break;
            case '"':
                result += "&quot;";
                break;
            default:
                result += c;
        }
    }
    return result;
}

std::string list_of(const Json& links) {
    std::string list;
    for (const auto& [name, target] : links.items()) {
        list += "<li><a href=\"" + escaped(target.get<std::string>()) + "\">" + escaped(name) +
                "</a></li>\n";
    }
    return list.empty() ? list : "<ul>\n" + list + "</ul>\n";
}

Json links_of(std::string_view config) {
    const Json object = Json::parse(config);
    const Json links = object.value("links", Json::object());
    if (!links.is_object()) {
        throw std::invalid_argument{"\"links\" must be an object of names and paths"};
    }
    for (const auto& [name, target] : links.items()) {
        if (!target.is_string()) {
            throw std::invalid_argument{"\"links\": \"" + name + "\" must be a path"};
        }
    }
    return links;
}

std::string page(const Json& links) {
    return "<!DOCTYPE html>\n"
           "<html lang=\"en\">\n"
           "<head><meta charset=\"utf-8\"><title>grove</title></head>\n"
           "<body>\n"
           "<h1>grove " GROVE_VERSION
           "</h1>\n"
           "<p>This server runs: greenlets, a bounded pool of them, and the applications that its "
           "configuration mounts.</p>\n" +
           list_of(links) +
           "</body>\n"
           "</html>\n";
}

Application make_welcome(std::string_view config) {
    return
        [html = page(links_of(config))](Environ& environ, StartResponse& start_response) -> Body {
            if (const std::string_view path = environ["PATH_INFO"]; !path.empty() && path != "/") {
                start_response("404 Not Found", {{"Content-Type", "text/plain"}});
                return "Not Found\n";
            }
            start_response("200 OK", {{"Content-Type", "text/html; charset=utf-8"}});
            return html;
        };
}

}  // namespace

GROVE_PLUGIN(welcome, "1.0", make_welcome);
