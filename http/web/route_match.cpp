#include "route_match.h"

#include <algorithm>

#include "escapes.h"

namespace grove::web {

std::string decoded(std::string_view sent, const RequestPath& path) {
    if (!path.encoded) return std::string{sent};
    std::string text;
    append_decoded(text, sent);
    return text;
}

// The rule's segments are the path's, one by one: nobody has to note which is which before one is asked for.
std::optional<PathValue> find_parameter(const RulePath& rule, const RequestPath& path,
                                        std::string_view name) {
    std::string_view rest = path.text;
    for (const RuleSegment& segment : rule.segments) {
        rest.remove_prefix(std::min<std::size_t>(1, rest.size()));  // the '/' before it
        const bool takes_all = segment.converter == Converter::kPath;
        const std::size_t end = takes_all ? rest.size() : std::min(rest.find('/'), rest.size());
        if (segment.converter && segment.text == name)
            return PathValue{*segment.converter, rest.substr(0, end)};
        rest.remove_prefix(end);
    }
    return std::nullopt;
}

}  // namespace grove::web
