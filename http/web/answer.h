// answer.h - how a Response is sent.
#pragma once

#include <exception>

#include <grove/http/application.h>
#include <grove/web/response.h>

namespace grove::web {

/// Calls start_response. @param replacing  not null: an answer that was started is replaced
/// @throws what start_response throws
[[nodiscard]] Body send(Response&& response, http::StartResponse& start_response,
                        std::exception_ptr&& replacing);

}  // namespace grove::web
