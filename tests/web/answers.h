// answers.h - applications whose answer a test chooses.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <grove/http/application.h>
#include <grove/http/environ.h>
#include <grove/http/http_error.h>
#include <grove/http/input.h>

namespace grove::test {

/// Answers each request with this status, these fields and a copy of this text.
inline http::Application answering(std::string status, http::Headers headers, std::string text) {
    return [=](http::Environ&, http::StartResponse& start) -> http::Body {
        start(std::string{status}, http::Headers{headers});
        return std::string{text};
    };
}

/// 200, text/plain, in these pieces, of a generator.
inline http::Application telling(std::vector<std::string> pieces) {
    return [pieces](http::Environ&, http::StartResponse& start) -> http::Body {
        start("200 OK", {{"Content-Type", "text/plain"}});
        return [pieces, at = std::size_t{0}]() mutable -> std::optional<std::string> {
            if (at == pieces.size()) return std::nullopt;
            return pieces[at++];
        };
    };
}

/// 200 was given to start_response when the body's generator throws this in place of a piece.
inline http::Application throwing_later(http::HttpError error) {
    return [error](http::Environ&, http::StartResponse& start) -> http::Body {
        start("200 OK", {{"Content-Type", "text/plain"}});
        return [error]() -> std::optional<std::string> { throw error; };
    };
}

/// The body is larger than a handler reads, as it finds while it starts, in its body, or after its
/// first piece.
enum class ReadsLate { kAtOnce, kStarted, kInItsBody, kBehindAPiece };
inline http::Application reading_too_much(ReadsLate when) {
    return [when](http::Environ& environ, http::StartResponse& start) -> http::Body {
        http::Input input = environ.input();
        if (when == ReadsLate::kAtOnce) static_cast<void>(input.read_all(1));
        start("200 OK", {{"Content-Type", "text/plain"}});
        if (when == ReadsLate::kStarted) static_cast<void>(input.read_all(1));
        return [input,
                piece = when == ReadsLate::kBehindAPiece]() mutable -> std::optional<std::string> {
            if (std::exchange(piece, false)) return "piece";
            return input.read_all(1);
        };
    };
}

/// 200 with what the environ has of this key.
inline http::Application telling_key(std::string key) {
    return [key](http::Environ& environ, http::StartResponse& start) -> http::Body {
        start("200 OK", {{"Content-Type", "text/plain"}});
        return std::string{environ[key]};
    };
}

}  // namespace grove::test
