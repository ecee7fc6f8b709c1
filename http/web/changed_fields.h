// changed_fields.h - an application whose answers' fields are changed on their way out.
#pragma once

#include <functional>
#include <string_view>

#include <grove/http/application.h>
#include <grove/http/http_error.h>
#include <grove/http/input.h>

namespace grove::web {

/// Changes the fields of one answer with this status. Does not block.
using FieldChange = std::function<void(int status, http::Headers&)>;

/// Calls `inner`; `change` gets the fields of each answer that it gives start_response, and of an
/// HttpError that it, or its body's generator, throws, which is thrown on with them. A BadRequest has
/// no fields: unless a head was sent, an HttpError with the answer that the server would give is
/// thrown in its place. Blocks as `inner` does.
/// @throws what `inner` and `change` throw
http::Body call_with_fields(const http::Application& inner, http::Environ& environ,
                            http::StartResponse& start_response, FieldChange change);

/// `error` with its fields changed. @throws what `change` throws
[[nodiscard]] http::HttpError changed(const http::HttpError& error, const FieldChange& change);

/// A generator may throw an answer in place of its first piece: `change` gets its fields.
/// @param refuse  called where a BadRequest is caught, which is thrown on if it returns; may be null
void change_what_is_thrown_later(http::Body& body, FieldChange change,
                                 std::function<void(const http::BadRequest&)> refuse = {});

/// 404 of "404 Not Found", as StartResponse has checked it.
[[nodiscard]] int code_of(std::string_view status) noexcept;

/// The inner application of that body may still call its start_response.
[[nodiscard]] bool may_still_start(http::Body& body) noexcept;

}  // namespace grove::web
