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

std::string brief(const std::string& answer) {
    return answer.substr(answer.find(' ') + 1, 4) + body_of(answer);
}

}  // namespace grove
