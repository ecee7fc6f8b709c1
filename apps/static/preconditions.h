// preconditions.h - conditional requests (RFC 9110 section 13).
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include <grove/http/environ.h>

/// What the server knows of a representation.
struct Validators {
    std::string_view etag;  ///< Strong, with its quotes.
    std::optional<std::time_t> modified{};
};

enum class Verdict {
    kGoOn,
    kNotModified,  ///< 304
    kFailed,       ///< 412
};

/// Looks at If-Match or If-Unmodified-Since, then If-None-Match or If-Modified-Since, in the order of section
/// 13.2.2. For GET and HEAD.
Verdict check_preconditions(const grove::http::Environ& environ, const Validators& validators);

/// Whether a Range field counts: there is no If-Range, or it names just this representation.
/// @param now  a date is a strong validator only if it has not just passed (section 8.8.2.2)
bool range_counts(const grove::http::Environ& environ, const Validators& validators,
                  std::time_t now);
