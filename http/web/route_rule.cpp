#include "route_rule.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>
#include <stdexcept>
#include <utility>

namespace grove::web {
namespace {

using Segments = std::span<const RuleSegment>;

constexpr std::array<std::pair<std::string_view, Converter>, 5> kConverters{{
    {"int", Converter::kInt},
    {"uint", Converter::kUint},
    {"uuid", Converter::kUuid},
    {"str", Converter::kStr},
    {"path", Converter::kPath},
}};

[[noreturn]] void refuse_rule(std::string_view rule, std::string_view reason) {
    throw std::invalid_argument{
        std::string{"Router: rule \""}.append(rule).append("\": ").append(reason)};
}

bool is_name(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char byte) {
        return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
               (byte >= '0' && byte <= '9') || byte == '_';
    });
}

RuleSegment parse_segment(std::string_view rule, std::string_view text) {
    if (text.find_first_of("{}") == std::string_view::npos) return {std::string{text}, {}};
    if (!text.starts_with('{') || !text.ends_with('}'))
        refuse_rule(rule, "a parameter must be a whole segment, such as \"/{name}\"");
    text = text.substr(1, text.size() - 2);
    const std::size_t colon = std::min(text.find(':'), text.size());
    const std::string_view name = text.substr(0, colon);
    if (!is_name(name))
        refuse_rule(rule, "the name of a parameter must have only letters, digits and \"_\"");
    if (colon == text.size()) return {std::string{name}, Converter::kStr};
    for (const auto& [word, converter] : kConverters) {
        if (text.substr(colon + 1) == word) return {std::string{name}, converter};
    }
    refuse_rule(rule, "a converter must be int, uint, uuid, str or path");
}

void check_names(const RulePath& path) {
    const auto& segments = path.segments;
    for (auto at = segments.begin(); at != segments.end(); ++at) {
        if (!at->converter) continue;
        if (at->converter == Converter::kPath && at + 1 != segments.end())
            refuse_rule(path.text, "{" + at->text + ":path} must stand last");
        const bool twice = std::any_of(segments.begin(), at, [at](const RuleSegment& other) {
            return other.converter && other.text == at->text;
        });
        if (twice) refuse_rule(path.text, "{" + at->text + "} is given twice");
    }
}

template <class Number>
bool is_number(std::string_view text) noexcept {
    Number number{};
    const char* const end = text.data() + text.size();
    if (text.empty() || text.front() < '0' || text.front() > '9') return false;  // a sign
    if (text.size() <= std::numeric_limits<Number>::digits10)
        return std::all_of(text.begin(), text.end(), [](char b) { return b >= '0' && b <= '9'; });
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    return error == std::errc{} && stopped == end;
}

bool is_uuid(std::string_view text) noexcept {
    if (text.size() != 36) return false;
    for (std::size_t at = 0; at != text.size(); ++at) {
        const char byte = text[at];
        const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
        const bool digit = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') ||
                           (byte >= 'A' && byte <= 'F');
        if (dash ? byte != '-' : !digit) return false;
    }
    return true;
}

bool is_tail(const RuleSegment& segment) noexcept {
    return segment.converter == Converter::kPath || segment.converter == Converter::kBelow;
}

bool segments_overlap(const RuleSegment& left, const RuleSegment& right) noexcept {
    if (!left.converter && !right.converter) return left.text == right.text;
    if (!left.converter) return accepts(*right.converter, left.text);
    if (!right.converter) return accepts(*left.converter, right.text);
    // No number is a UUID; all else have texts in common.
    return *left.converter == *right.converter || left.converter == Converter::kStr ||
           right.converter == Converter::kStr ||
           (left.converter != Converter::kUuid && right.converter != Converter::kUuid);
}

bool segment_within(const RuleSegment& inner, const RuleSegment& outer) noexcept {
    if (!inner.converter || !outer.converter)
        return !inner.converter && segments_overlap(inner, outer);
    return inner.converter == outer.converter || outer.converter == Converter::kStr;
}

bool can_be_in_tail(Segments rest, Converter tail) noexcept {
    if (tail == Converter::kBelow || rest.size() > 1) return true;
    return !rest.empty() && (rest[0].converter || !rest[0].text.empty());
}

}  // namespace

RulePath parse_rule(std::string rule) {
    RulePath path{std::move(rule), {}};
    if (path.text.empty()) return path;
    if (path.text.front() != '/') refuse_rule(path.text, "must begin with \"/\"");
    std::string_view rest = path.text;
    while (!rest.empty()) {
        rest.remove_prefix(1);
        const std::size_t end = std::min(rest.find('/'), rest.size());
        path.segments.push_back(parse_segment(path.text, rest.substr(0, end)));
        rest.remove_prefix(end);
    }
    check_names(path);
    return path;
}

bool accepts(Converter converter, std::string_view segment) noexcept {
    switch (converter) {
        case Converter::kInt:
            return is_number<std::int64_t>(segment);
        case Converter::kUint:
            return is_number<std::uint64_t>(segment);
        case Converter::kUuid:
            return is_uuid(segment);
        case Converter::kStr:
        case Converter::kPath:
            return !segment.empty();
        case Converter::kBelow:
            break;
    }
    return true;
}

bool overlap(const RulePath& left, const RulePath& right) noexcept {
    Segments a{left.segments};
    Segments b{right.segments};
    for (; !a.empty() && !b.empty(); a = a.subspan(1), b = b.subspan(1)) {
        if (is_tail(a[0])) return can_be_in_tail(b, *a[0].converter) || is_tail(b[0]);
        if (is_tail(b[0])) return can_be_in_tail(a, *b[0].converter);
        if (!segments_overlap(a[0], b[0])) return false;
    }
    const Segments longer = a.empty() ? b : a;
    return longer.empty() || longer[0].converter == Converter::kBelow;
}

bool within(const RulePath& inner, const RulePath& outer) noexcept {
    Segments a{inner.segments};
    Segments b{outer.segments};
    for (; !b.empty(); a = a.subspan(1), b = b.subspan(1)) {
        if (b[0].converter == Converter::kBelow) return true;
        if (a.empty() || a[0].converter == Converter::kBelow) return false;
        if (b[0].converter == Converter::kPath) return can_be_in_tail(a, Converter::kPath);
        if (a[0].converter == Converter::kPath || !segment_within(a[0], b[0])) return false;
    }
    return a.empty();
}

}  // namespace grove::web
