// request_log - a middleware that writes one line a request to the error log, at debug, when the answer is at its end:
// `request_log: GET /path?query 200 1.25 ms`; "-" in place of a status that was not given.
#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <grove/plugin.h>

namespace {

using namespace grove::http;

using Clock = std::chrono::steady_clock;

/// One request. The inner application may call its `start` until the body is closed, and keep the Write for longer.
struct Watched : std::enable_shared_from_this<Watched> {
    Watched(const Environ& request, StartResponse& outer)
        : what{std::string{request["REQUEST_METHOD"]} + ' ' + std::string{request["REQUEST_URI"]}},
          start{[this, &outer](std::string line, Headers headers, std::exception_ptr error) {
              std::string code = line.substr(0, 3);
              Write write = outer(std::move(line), std::move(headers), std::move(error));
              status = std::move(code);
              return Write{
                  [self = shared_from_this(), write = std::move(write)](std::string_view data) {
                      self->begin_body(data);
                      write(data);
                  }};
          }} {}

    // With it the head leaves: no other status can come.
    void begin_body(std::string_view data) { body_begun = body_begun || !data.empty(); }

    void answered_by(const HttpError& answer) {
        if (!body_begun) status = std::to_string(answer.status());
    }

    void tell() const {
        const std::chrono::duration<double, std::milli> took = Clock::now() - begin;
        std::array<char, 32> text{};
        std::snprintf(text.data(), text.size(), " %.2f ms", took.count());
        log(LogLevel::kDebug, "request_log: " + what + ' ' + status + text.data());
    }

    const Clock::time_point begin = Clock::now();
    const std::string what;
    std::string status = "-";
    bool body_begun = false;
    StartResponse start;
};

// A generator may throw an answer in place of its first piece.
void watch_what_is_thrown_later(Body& body, const std::shared_ptr<Watched>& watched) {
    auto* const generator = std::get_if<Body::Generator>(&body.content());
    if (generator == nullptr || !*generator) return;
    *generator = [watched, next = std::move(*generator)]() -> std::optional<std::string> {
        try {
            std::optional<std::string> piece = next();
            if (piece) watched->begin_body(*piece);
            return piece;
        } catch (const HttpError& answer) {
            watched->answered_by(answer);
            throw;
        }
    };
}

Middleware make_request_log(std::string_view config) {
    if (config != "{}") throw std::invalid_argument{"request_log has no configuration"};
    return [](Application inner) -> Application {
        return [inner = std::move(inner)](Environ& environ, StartResponse& start_response) -> Body {
            const auto watched = std::make_shared<Watched>(environ, start_response);
            try {
                Body body = inner(environ, watched->start);
                watch_what_is_thrown_later(body, watched);
                return std::move(body).on_close([watched] { watched->tell(); });
            } catch (const HttpError& answer) {
                watched->answered_by(answer);
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
