#include "named_rules.h"

#include <algorithm>
#include <stdexcept>

#include "escapes.h"

namespace grove::web {

std::string NamedRules::url_for(std::string_view script_name, std::string_view name,
                                UrlValues values) const {
    const auto rule = std::find_if(rules_.begin(), rules_.end(),
                                   [name](const Rule& known) { return known.first == name; });
    if (rule == rules_.end())
        throw std::invalid_argument{"url_for: no rule has the name \"" + std::string{name} + '"'};
    std::string url = encode_path(script_name) + url_of(*rule->second, values);
    // A client would take it for another host; this is the same path (WHATWG URL, the serializer).
    if (url.starts_with("//")) url.insert(0, "/.");
    return url;
}

}  // namespace grove::web
