#include "rule_url.h"

#include <algorithm>
#include <stdexcept>

#include <grove/web/percent.h>

#include "escapes.h"

namespace grove::web {
namespace {

bool has_parameter(const RulePath& rule, std::string_view name) noexcept {
    return std::any_of(rule.segments.begin(), rule.segments.end(), [name](const auto& segment) {
        return segment.converter && segment.text == name;
    });
}

// Clients take "." and ".." out of a path, as they are and as %2E (RFC 3986 section 5.2.4, WHATWG
// URL): no way of writing them leads back to the rule.
bool has_dot_segment(std::string_view path) noexcept {
    for (bool more = true; more;) {
        const std::size_t end = path.find('/');
        const std::string_view segment = path.substr(0, end);
        if (segment == "." || segment == "..") return true;
        more = end != path.npos;
        if (more) path.remove_prefix(end + 1);
    }
    return false;
}

// The '/' within a segment is encoded, and parts nothing.
bool leads_back(Converter converter, std::string_view value) noexcept {
    return converter == Converter::kPath ? !has_dot_segment(value) : value != "." && value != "..";
}

std::string value_of(const RulePath& rule, const RuleSegment& segment, UrlValues values) {
    const auto given = std::find_if(values.begin(), values.end(), [&segment](const auto& value) {
        return value.first == segment.text;
    });
    if (given == values.end() || !accepts(*segment.converter, given->second) ||
        !leads_back(*segment.converter, given->second)) {
        throw std::invalid_argument{
            "url_for: rule \"" + rule.text +
            "\": " + (given == values.end() ? "no value for {" : "a wrong value for {") +
            segment.text + '}'};
    }
    return segment.converter == Converter::kPath ? encode_path(given->second)
                                                 : percent_encode(given->second);
}

}  // namespace

std::string url_of(const RulePath& rule, UrlValues values) {
    std::string url;
    for (const RuleSegment& segment : rule.segments) {
        url += '/';
        url += segment.converter ? value_of(rule, segment, values) : percent_encode(segment.text);
    }
    char separator = '?';
    for (const auto& [name, value] : values) {
        if (has_parameter(rule, name)) continue;
        url += separator;
        url.append(percent_encode(name)).append("=").append(percent_encode(value));
        separator = '&';
    }
    return url;
}

}  // namespace grove::web
