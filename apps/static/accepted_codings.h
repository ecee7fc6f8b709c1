// accepted_codings.h - which content codings a client likes (RFC 9110 section 12.5.3).
//
// A client decides how long the field is: what follows the first kMostCodings of it is not looked at.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

inline constexpr std::size_t kMostCodings = 16;

/// The weight, from 0 (refused, or not named) to 1000, that an Accept-Encoding field gives to `coding`.
/// @param field  its value; "" if it is absent
int coding_weight(std::string_view field, std::string_view coding);

/// The same where the field names it; nullopt: it does not, and its "*" does not count.
std::optional<int> named_weight(std::string_view field, std::string_view coding);
