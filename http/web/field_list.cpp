#include "field_list.h"

#include <algorithm>
#include <cstddef>
#include <string>

namespace grove::web {

std::string_view trimmed(std::string_view text) noexcept {
    constexpr std::string_view kBlank = " \t";
    const std::size_t begin = text.find_first_not_of(kBlank);
    if (begin == text.npos) return {};
    return text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin);
}

std::string_view take_element(std::string_view& list) noexcept {
    const std::size_t comma = list.find(',');
    const std::string_view element = trimmed(list.substr(0, comma));
    list.remove_prefix(comma == list.npos ? list.size() : comma + 1);
    return element;
}

bool has_element(std::string_view list, std::string_view name) noexcept {
    while (!list.empty()) {
        if (http::iequals(take_element(list), name)) return true;
    }
    return false;
}

bool any_has_element(const http::Headers& headers, std::string_view name,
                     std::string_view element) noexcept {
    return std::any_of(headers.begin(), headers.end(), [&](const auto& field) {
        return http::iequals(field.first, name) && has_element(field.second, element);
    });
}

void add_vary(http::Headers& headers, std::string_view name) {
    if (any_has_element(headers, "Vary", "*") || any_has_element(headers, "Vary", name)) return;
    for (auto& [field, value] : headers) {
        if (!http::iequals(field, "Vary")) continue;
        if (!value.empty()) value += ", ";
        value += name;
        return;
    }
    headers.emplace_back("Vary", name);
}

void remove_fields(http::Headers& headers, std::string_view name) {
    const auto goes = [&](const auto& field) { return http::iequals(field.first, name); };
    headers.erase(std::remove_if(headers.begin(), headers.end(), goes), headers.end());
}

}  // namespace grove::web
