// status - /CODE?V answers with that status, and with V in a header.
#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include <grove/http/status.h>
#include <grove/plugin.h>

namespace {

using namespace grove::http;

// 200 to 599, or 0.
int status_code(std::string_view path) {
    int code = 0;
    if (path.size() == 4 && path.starts_with('/')) {
        const char* const end = path.data() + path.size();
        const auto [stopped, error] = std::from_chars(path.data() + 1, end, code);
        if (error != std::errc{} || stopped != end) return 0;
    }
    return code >= 200 && code <= 599 ? code : 0;
}

std::string percent_decoded(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::string_view digits = text.substr(i + 1, 2);
        unsigned byte = 0;
        const char* const end = digits.data() + digits.size();
        if (text[i] == '%' && digits.size() == 2 &&
            std::from_chars(digits.data(), end, byte, 16).ptr == end) {
            result += static_cast<char>(byte);
            i += 2;
        } else {
            result += text[i];
        }
    }
    return result;
}

Body status(Environ& environ, StartResponse& start_response) {
    const int code = status_code(environ["PATH_INFO"]);
    if (code == 0) {
        start_response("404 Not Found", {{"Content-Type", "text/plain"}});
        return "/CODE?V, where CODE is 200 to 599\n";
    }
    Headers headers;
    if (const std::string_view query = environ["QUERY_STRING"]; !query.empty())
        headers.emplace_back("X-Probe", percent_decoded(query));
    std::string line = std::to_string(code) + " " + std::string{reason_phrase(code)};
    if (code == 204 || code == 304) {
        start_response(std::move(line), std::move(headers));
        return {};
    }
    headers.emplace_back("Content-Type", "text/plain");
    start_response(line, std::move(headers));
    return line + "\n";
}

}  // namespace

GROVE_PLUGIN(status, "1.0", [](std::string_view) -> Application { return status; });
