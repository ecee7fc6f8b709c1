// route_rule.h - a rule's path, "/items/{id:int}", and which paths it has in common with others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace grove::web {

/// The more special ones first; kInt and kUint are as special as each other.
enum class Converter : std::uint8_t {
    kInt,    ///< Digits of a number that fits std::int64_t.
    kUint,   ///< The same of std::uint64_t.
    kUuid,   ///< 8-4-4-4-12 hexadecimal digits.
    kStr,    ///< One byte or more.
    kPath,   ///< The rest of the path, one byte or more; last.
    kBelow,  ///< The rest, which may be none: of a mounted application.
};

struct RuleSegment {
    std::string text{};                    ///< As it stands in a path, decoded; or the name.
    std::optional<Converter> converter{};  ///< nullopt: the text itself.
};

struct RulePath {
    std::string text{};                   ///< The rule.
    std::vector<RuleSegment> segments{};  ///< Each follows a '/'.
};

/// @param rule  "", or what begins with "/"
/// @throws std::invalid_argument naming the rule
[[nodiscard]] RulePath parse_rule(std::string rule);

/// Whether a whole segment, decoded, is one of the converter's.
[[nodiscard]] bool accepts(Converter converter, std::string_view segment) noexcept;

/// Whether a path matches both.
[[nodiscard]] bool overlap(const RulePath& left, const RulePath& right) noexcept;
/// Whether `inner` is known to match none but paths that `outer` matches, too.
[[nodiscard]] bool within(const RulePath& inner, const RulePath& outer) noexcept;

}  // namespace grove::web
