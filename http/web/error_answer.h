// error_answer.h - which Response an error is.
#pragma once

#include <string_view>

#include <grove/http/http_error.h>
#include <grove/web/response.h>

namespace grove::web {

/// As the server answers it; as JSON, {"status": 404, "error": "no such note"}, if `accept` prefers
/// that and the error has no type of its own.
[[nodiscard]] Response answer_of(const http::HttpError& error, std::string_view accept);

}  // namespace grove::web
