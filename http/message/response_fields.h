// response_fields.h - what an application hands to start_response, checked before any of it is
// kept.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>

#include <grove/core/detail/export.h>
#include <grove/http/headers.h>

namespace grove::http {

/// Fields that are written out in a call.
using FieldViews = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// What the application's fields say that the server must know to frame the response.
struct ResponseFields {
    std::optional<std::uint64_t> content_length = {};
    bool close = false;  ///< `close` is among the tokens of Connection.
    bool has_connection = false;
    bool has_content_length = false;
    bool has_content_type = false;
    bool has_date = false;
    bool has_request_id = false;  ///< X-Request-Id.
    bool has_server = false;
};

/// The code at the front of a status line such as "200 OK": three digits, 100-999, then the end, or
/// a space and text without controls. Of 1xx only 101: the others are the server's to send.
/// @throws std::invalid_argument  otherwise.
int validate_status(std::string_view status);

/// @param status_code  of the same response: Upgrade goes with 101 only, and so does a Connection
/// field
///                     with other tokens than close and keep-alive.
/// @throws std::invalid_argument  a name is no token, a value holds a control byte, a
/// Content-Length is
///                                no number or there are two.
/// @throws std::logic_error       a hop-by-hop field, which is the server's business (PEP 3333).
ResponseFields validate_headers(const Headers& headers, int status_code);
ResponseFields validate_headers(FieldViews fields, int status_code);

/// The same of both, for one who needs to know no more.
void validate_answer(std::string_view status, const Headers& headers);

/// For a field that is added to answers of any kind.
/// @throws std::invalid_argument  as validate_headers(), and for one that frames the answer: Content-Length, Connection
GROVE_EXPORT void check_added_field(std::string_view name, std::string_view value);

}  // namespace grove::http
