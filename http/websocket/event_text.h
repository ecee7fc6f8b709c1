// event_text.h - server-sent events as bytes (HTML, section 9.2.5).
#pragma once

#include <string>
#include <string_view>

#include <grove/core/duration.h>

namespace grove::http {

struct ServerSentEvent;

/// Clients pass over it.
inline constexpr std::string_view kEventComment = ":\n\n";

/// @throws std::invalid_argument  as EventStream::send()
[[nodiscard]] std::string event_text(const ServerSentEvent& event);

/// Of a stream that ends now: that the client shall come again after that time.
[[nodiscard]] std::string last_word(Duration retry);

}  // namespace grove::http
