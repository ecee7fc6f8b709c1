// echo - the request it got, as JSON.
#include <map>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <grove/plugin.h>

namespace {

using namespace grove::http;
using Json = nlohmann::ordered_json;

constexpr std::string_view kHeaderPrefix = "HTTP_";

// JSON is UTF-8, a request is bytes: each byte becomes the character of its number (latin-1).
std::string latin1(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size());
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            text += c;
        } else {
            text += static_cast<char>(0xC0U | (byte >> 6U));
            text += static_cast<char>(0x80U | (byte & 0x3FU));
        }
    }
    return text;
}

// "HTTP_USER_AGENT" is "user-agent" again.
std::string header_name(std::string_view key) {
    std::string name;
    for (const char c : key)
        name += c == '_' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return name;
}

Json headers(const Environ& environ) {
    Json result = Json::object();
    for (const auto& [key, value] : environ.items()) {
        if (key.starts_with(kHeaderPrefix)) {
            result[header_name(key.substr(kHeaderPrefix.size()))] = latin1(value);
        } else if (key == "CONTENT_TYPE" || key == "CONTENT_LENGTH") {
            result[header_name(key)] = latin1(value);
        }
    }
    return result;
}

// PATH_INFO. For the mount itself that is empty, and says nothing: then it is the path asked for.
std::string_view path(const Environ& environ) {
    const std::string_view below_mount = environ["PATH_INFO"];
    return below_mount.empty() ? environ["SCRIPT_NAME"] : below_mount;
}

Body echo(Environ& environ, StartResponse& start_response) {
    const std::string body = environ.input().read();
    const Json answer{
        {"method", latin1(environ["REQUEST_METHOD"])},
        {"path", latin1(path(environ))},
        {"script_name", latin1(environ["SCRIPT_NAME"])},
        {"query", latin1(environ["QUERY_STRING"])},
        {"protocol", latin1(environ["SERVER_PROTOCOL"])},
        {"headers", headers(environ)},
        {"body", latin1(body)},
        {"body_length", body.size()},
        {"remote_addr", latin1(environ["REMOTE_ADDR"])},
        {"scheme", latin1(environ["wsgi.url_scheme"])},
    };
    start_response("200 OK", {{"Content-Type", "application/json"}});
    return answer.dump() + "\n";
}

}  // namespace

GROVE_PLUGIN(echo, "1.0", [](std::string_view) -> Application { return echo; });
