// key_checks.h - what a text of the configuration must be. Each throws std::invalid_argument, and says what is wrong.
#pragma once

#include <string>

namespace grove::http {

/// Octal digits, four at most.
void check_mode(const std::string& mode);
/// RFC 6750's b64token; what is wrong is said without the token.
void check_token(const std::string& token);
/// Printable ASCII: it stands in the head of answers, or in the environ, where nothing may end the line it is in.
void check_printable(const std::string& text);

}  // namespace grove::http
