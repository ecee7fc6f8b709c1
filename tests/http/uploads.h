// uploads.h - requests with a body, and an application that gives it back.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include <grove/http/application.h>

namespace grove::test {

inline http::Application gives_body_back() {
    return [](http::Environ& environ, http::StartResponse& start) {
        std::string body = environ.input().read();
        start("200 OK", {});
        return http::Body{std::move(body)};
    };
}

inline std::string upload_head(std::size_t length) {
    return "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
}

}  // namespace grove::test
