// log_levels.h - the words for the levels of the error log: in its lines and in the configuration.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include <grove/http/error_log.h>

namespace grove::http {

/// In the order of LogLevel.
inline constexpr std::array<std::string_view, 5> kLogLevelWords{"trace", "debug", "info", "warn",
                                                                "error"};

constexpr std::string_view word_of(LogLevel level) {
    return kLogLevelWords.at(static_cast<std::size_t>(level));
}

static_assert(word_of(LogLevel::kTrace) == "trace" && word_of(LogLevel::kError) == "error");

}  // namespace grove::http
