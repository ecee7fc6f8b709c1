// request_fields.h - the head of a request that goes out: checked, and written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <grove/http/headers.h>

#include "url.h"

namespace grove::http {

/// How the server finds the end of a request's body.
struct RequestLength {
    bool chunked = false;
    std::optional<std::uint64_t> bytes{};  ///< nullopt: no Content-Length is sent
};

/// What one request asks for besides its fields.
struct RequestExtras {
    std::string_view user_agent{};  ///< "": none
    bool accepts_codings = false;   ///< Those of accepted_codings().
};

/// @throws std::invalid_argument that names the method or the field, and what is wrong
void check_request(std::string_view method, const Headers& headers);

/// The content codings that a client can decode, as Accept-Encoding lists them.
[[nodiscard]] std::string_view accepted_codings() noexcept;

/// Appends the head, from the request line to the blank line. @pre check_request()
void append_request_head(std::string& out, std::string_view method, const Url& url,
                         const Headers& headers, const RequestLength& length,
                         const RequestExtras& extras);

}  // namespace grove::http
