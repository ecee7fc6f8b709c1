// answer.h - how a Response is sent, and which Response an error is.
#pragma once

#include <exception>
#include <string_view>

#include <grove/http/application.h>
#include <grove/http/http_error.h>

#include <grove/web/response.h>

namespace grove::web {

/// Calls start_response. @param replacing  not null: an answer that was started is replaced
/// @throws what start_response throws
[[nodiscard]] Body send(Response response, http::StartResponse& start_response,
                        const std::exception_ptr& replacing = nullptr);

/// As the server answers it; as JSON, {"status": 404, "error": "no such note"}, if `accept` prefers
/// that and the error has no type of its own.
[[nodiscard]] Response answer_of(const http::HttpError& error, std::string_view accept);

/// Whether the field Accept has application/json, or a type of +json, before all others: by
/// weight, then as they stand there.
[[nodiscard]] bool prefers_json(std::string_view accept) noexcept;

}  // namespace grove::web
