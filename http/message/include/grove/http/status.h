// status.h - the words that go with a status code (RFC 9110 section 15).
#pragma once

#include <string_view>

#include <grove/core/detail/export.h>

namespace grove::http {

/// The reason phrase of a registered status ("Not Found"); for another status the phrase of its
/// class ("Client Error"), and "Unknown" outside 100-599. The view is valid for ever. Any thread.
[[nodiscard]] GROVE_EXPORT std::string_view reason_phrase(int status) noexcept;

}  // namespace grove::http
