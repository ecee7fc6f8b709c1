#include <grove/http/headers.h>

#include <algorithm>

#include "ascii.h"
#include "scan.h"

namespace grove::http {

bool iequals(std::string_view left, std::string_view right) noexcept {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](char a, char b) { return to_lower(a) == to_lower(b); });
}

const std::string* find(const Headers& headers, std::string_view name) noexcept {
    const auto found = std::find_if(headers.begin(), headers.end(),
                                    [&](const auto& field) { return iequals(field.first, name); });
    return found == headers.end() ? nullptr : &found->second;
}

bool is_token(std::string_view text) noexcept { return is_token_text(text); }

bool is_field_value(std::string_view text) noexcept { return is_value_text(text); }

}  // namespace grove::http
