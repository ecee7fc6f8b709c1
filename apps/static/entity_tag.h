// entity_tag.h - lists of entity tags (RFC 9110 section 8.8.3), as conditional requests send them.
#pragma once

#include <cstddef>
#include <string_view>

/// How two tags are compared: strong takes no weak one (W/"…") for equal.
enum class TagComparison { kStrong, kWeak };

/// A client decides how many there are.
inline constexpr std::size_t kMostTags = 128;

/// Whether `list`, "*" or tags with commas between, holds `tag`. What follows a mistake in it, or
/// the first kMostTags, is not looked at.
/// @param tag  a strong one, with its quotes
bool lists_tag(std::string_view list, std::string_view tag, TagComparison comparison);
