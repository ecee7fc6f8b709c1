#include "wsgi_serving.h"

#include <cstdlib>
#include <fstream>

namespace grove {

WsgiServing::WsgiServing() {
    // Python's objects lie in memory of its own, where the leak sanitizer does not look for pointers.
    const char* const options = std::getenv("ASAN_OPTIONS");
    const std::string more = std::string{options != nullptr ? options : ""} + ":detect_leaks=0";
    ::setenv("ASAN_OPTIONS", more.c_str(), 1);
    ::setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
}

std::string WsgiServing::app(const std::string& config, const std::string& module,
                             const std::string& mount) {
    return R"({"app": "wsgi", "mount": ")" + mount +
           R"(", "config": {"path": [")" GROVE_TEST_WSGI R"("], "module": ")" + module + '"' +
           config + "}}";
}

std::unique_ptr<Serving> WsgiServing::serve_rows(const std::string& config,
                                                 const std::string& members) const {
    return serve("\"apps\": [" + app(config) + ']' + members);
}

std::string WsgiServing::write_module(const char* name, const std::string& text) const {
    std::ofstream{file(name)} << text;
    return R"(, "path": [")" + folder_.path().string() + "\"]";
}

std::string whole_body_of(const std::string& answer) {
    const std::string body = body_of(answer);
    if (answer.find("\r\nTransfer-Encoding: chunked\r\n") > answer.find("\r\n\r\n")) return body;
    std::string text;
    for (std::size_t at = 0; at < body.size();) {
        const std::size_t bytes = std::stoul(body.substr(at), nullptr, 16);
        at = body.find("\r\n", at) + 2;
        text += body.substr(at, bytes);
        at += bytes + 2;
    }
    return text;
}

std::string brief(const std::string& answer) {
    return answer.substr(answer.find(' ') + 1, 4) + whole_body_of(answer);
}

}  // namespace grove
