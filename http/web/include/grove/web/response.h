// response.h - what a handler returns. Thread: any, one at a time; never switches unless it says so.
#pragma once

#include <string>

#include <grove/core/detail/export.h>
#include <grove/http/body.h>
#include <grove/http/file.h>
#include <grove/http/headers.h>

#include <grove/web/cookie.h>

namespace grove::web {

using http::Body;
using http::Headers;

/// An answer. Movable, as its body is.
struct Response {
    int status = 200;   ///< 100 to 999; its reason phrase is added.
    Headers headers{};  ///< Sent in that order, as given.
    Body body{};        ///< Text, pieces, a file, a generator.

    /// Sets a field, in place of all fields of that name.
    /// @throws std::invalid_argument, with nothing changed: the name is not a token, the value
    ///         holds a control byte, or the field is one that only the server may set
    GROVE_EXPORT Response& header(std::string name, std::string value) &;
    GROVE_EXPORT Response&& header(std::string name, std::string value) &&;  ///< The same.
    /// Adds a Set-Cookie. @throws std::invalid_argument as set_cookie_value() does
    GROVE_EXPORT Response& cookie(const Cookie& cookie) &;
    GROVE_EXPORT Response&& cookie(const Cookie& cookie) &&;  ///< The same.
};

/// text/plain in UTF-8.
[[nodiscard]] GROVE_EXPORT Response text(std::string text, int status = 200);
/// text/html in UTF-8. Nothing is escaped.
[[nodiscard]] GROVE_EXPORT Response html(std::string text, int status = 200);
/// application/json. The text is JSON already: nothing is checked.
[[nodiscard]] GROVE_EXPORT Response json(std::string text, int status = 200);
/// Without a body. @param to  a URL, or a path; Location as it is
/// @throws std::invalid_argument for a control byte, a text that is empty, or a status that is not
///         one of 301, 302, 303, 307, 308
[[nodiscard]] GROVE_EXPORT Response redirect(std::string to, int status = 303);
/// The file is opened here. The type is application/octet-stream; header("Content-Type", ...) sets
/// a better type.
/// @throws std::system_error naming the path: it cannot be opened, or is not a regular file
[[nodiscard]] GROVE_EXPORT Response file(http::File file);
/// An answer without body and type.
[[nodiscard]] GROVE_EXPORT Response empty(int status = 204);
/// The result of a handler that has answered by request.start_response(): status 0.
[[nodiscard]] GROVE_EXPORT Response started();

}  // namespace grove::web
