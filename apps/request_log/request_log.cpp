// request_log - a middleware that writes one line a request to the error log, at debug, when the answer is at its end:
// `request_log: GET /path?query 200 1.25 ms`; "-" in place of a status that was not given.
#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <grove/plugin.h>

namespace {

using namespace grove::http;

using Clock = std::chrono::steady_clock;

/// One request. The inner application may call its `start` until the body is closed.
struct Watched {
    Watched(const Environ& request, StartResponse& outer)
        : what{std::string{request["REQUEST_METHOD"]} + ' ' + std::string{request["REQUEST_URI"]}},
          start{[this, &outer](std::string line, Headers headers, std::exception_ptr error) {
              std::string code = line.substr(0, 3);
              Write write = outer(std::move(line), std::move(headers), std::move(error));
              status = std::move(code);
              return write;
          }} {}

    void tell() const {
        const std::chrono::duration<double, std::milli> took = Clock::now() - begin;
        std::array<char, 32> text{};
        std::snprintf(text.data(), text.size(), " %.2f ms", took.count());
        log(LogLevel::kDebug, "request_log: " + what + ' ' + status + text.data());
    }

    const Clock::time_point begin = Clock::now();
    const std::string what;
    std::string status = "-";
    StartResponse start;
};

Middleware make_request_log(std::string_view config) {
    if (config != "{}") throw std::invalid_argument{"request_log has no configuration"};
    return [](Application inner) -> Application {
        return [inner = std::move(inner)](Environ& environ, StartResponse& start_response) {
            const auto watched = std::make_shared<Watched>(environ, start_response);
            try {
                return inner(environ, watched->start).on_close([watched] { watched->tell(); });
            } catch (const HttpError& answer) {
                watched->status = std::to_string(answer.status());
                watched->tell();
                throw;
            } catch (...) {  // to rethrow it
                watched->tell();
                throw;
            }
        };
    };
}

}  // namespace

GROVE_MIDDLEWARE(request_log, "1.0", make_request_log);
