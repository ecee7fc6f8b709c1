#include "error_answer.h"

#include <algorithm>
#include <string>

#include "accept.h"
#include "hexadecimal.h"

namespace grove::web {
namespace {

/// How many bytes of the front are one character in UTF-8; 0: none (RFC 3629 section 4).
std::size_t character_of(std::string_view text) noexcept {
    const auto byte = [text](std::size_t at) {
        return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    const unsigned lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (first < 0xc2 || first > 0xf4 || byte(1) < lowest || byte(1) > highest) return 0;
    for (std::size_t at = 2; at < length; ++at) {
        if (byte(at) < 0x80 || byte(at) > 0xbf) return 0;
    }
    return length;
}

std::string json_text(std::string_view text) {
    std::string quoted = "\"";
    while (!text.empty()) {
        const std::size_t length = character_of(text);
        const auto first = static_cast<unsigned char>(text.front());
        if (length == 0) {
            quoted += "\\ufffd";
        } else if (first < 0x20) {
            quoted += "\\u00";
            append_digits(quoted, first);
        } else {
            if (first == '"' || first == '\\') quoted += '\\';
            quoted += text.substr(0, length);
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return quoted + '"';
}

}  // namespace

Response answer_of(const http::HttpError& error, std::string_view accept) {
    const int status = error.status();
    Response response;
    if (status == 304) {  // has no body
        response = empty(status);
    } else if (http::find(error.headers(), "Content-Type") != nullptr) {
        response = {.status = status, .headers = {}, .body = error.what()};
    } else if (prefers_json(accept)) {
        response = json("{\"status\": " + std::to_string(status) +
                            ", \"error\": " + json_text(error.what()) + "}\n",
                        status);
    } else {
        response = text(error.what(), status);
    }
    response.headers.insert(response.headers.end(), error.headers().begin(), error.headers().end());
    return response;
}

}  // namespace grove::web
