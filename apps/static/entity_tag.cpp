#include "entity_tag.h"

namespace {

void skip_to_tag(std::string_view& list) {
    while (!list.empty() && (list.front() == ',' || list.front() == ' ' || list.front() == '\t'))
        list.remove_prefix(1);
}

}  // namespace

bool lists_tag(std::string_view list, std::string_view tag, TagComparison comparison) {
    if (list == "*") return true;
    skip_to_tag(list);
    for (std::size_t count = 0; count < kMostTags && !list.empty(); ++count, skip_to_tag(list)) {
        const bool weak = list.starts_with("W/");
        if (weak) list.remove_prefix(2);
        const std::size_t end = list.find('"', 1);  // the opaque part may hold commas
        if (!list.starts_with('"') || end == std::string_view::npos) return false;
        if (list.substr(0, end + 1) == tag && (!weak || comparison == TagComparison::kWeak))
            return true;
        list.remove_prefix(end + 1);
    }
    return false;
}
