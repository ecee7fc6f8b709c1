#include <grove/http/headers.h>

#include <algorithm>

#include "ascii.h"

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

// No early way out of either loop: what is checked is short and nearly always right.
bool is_token(std::string_view text) noexcept {
    bool all = !text.empty();
    for (const char byte : text) all &= is_token_char(byte);
    return all;
}

bool is_field_value(std::string_view text) noexcept {
    bool all = true;
    for (const char byte : text) all &= is_value_char(byte);
    return all;
}

}  // namespace grove::http
