// wrapper - a middleware that adds the field X-Around with its config, unless the config says how it fails instead.
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <grove/plugin.h>

namespace {

using namespace grove::http;

Application around(const std::string& config, Application inner) {
    if (config.find("refuse 42") != config.npos) throw 42;
    if (config.find("refuse") != config.npos) throw std::runtime_error{"nothing fits into it"};
    if (config.find("end") != config.npos) std::_Exit(3);
    if (config.find("no application") != config.npos) return {};
    if (config.find("in place") != config.npos) {
        inner = nullptr;  // destroyed here, as nobody needs it
        return [](Environ&, StartResponse& start_response) {
            start_response("200 OK", {});
            return Body{"in its place"};
        };
    }
    return [config, inner = std::move(inner)](Environ& environ, StartResponse& start_response) {
        StartResponse with_field{
            [&](std::string status, Headers headers, std::exception_ptr error) {
                headers.emplace_back("X-Around", config);
                return start_response(std::move(status), std::move(headers), std::move(error));
            }};
        return inner(environ, with_field);  // which answers at once in the tests
    };
}

Middleware make(std::string_view config) {
    if (config.find("throw") != config.npos) throw std::runtime_error{"no size, wanted one"};
    if (config.find("abort") != config.npos) std::abort();
    if (config.find("nothing") != config.npos) return {};
    return [config = std::string{config}](Application inner) {
        return around(config, std::move(inner));
    };
}

}  // namespace

GROVE_MIDDLEWARE(wrapper, "2.1", make);
