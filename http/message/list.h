// list.h - comma-separated lists in field values (RFC 9110 section 5.6.1).
#pragma once

#include <string_view>

#include "ascii.h"

namespace grove::http {

/// Calls `use` with each element, without the white space around it, in order. Empty elements count
/// too: most lists ignore them, Transfer-Encoding must not. A comma in a quoted string parts as
/// well, which no list that grove reads has a use for.
template <class Use>
void for_each_element(std::string_view list, Use use) {
    while (true) {
        std::size_t comma = 0;  // elements are short: find() is a call for each
        while (comma != list.size() && list[comma] != ',') ++comma;
        use(trim_ows(list.substr(0, comma)));
        if (comma == list.size()) return;
        list.remove_prefix(comma + 1);
    }
}

}  // namespace grove::http
