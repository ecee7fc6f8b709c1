#include "accepted_codings.h"

#include <cstddef>

#include <grove/http/headers.h>

#include "field_list.h"

namespace {

constexpr int kFull = 1000;

// "q=0.123", section 12.4.2; what is no weight refuses.
int weight_of(std::string_view text) {
    if (text.size() < 3 || text.size() > 7 || !grove::http::iequals(text.substr(0, 2), "q=") ||
        (text.size() > 3 && text[3] != '.'))
        return 0;
    int result = 0;
    int unit = kFull;
    for (std::size_t i = 2; i < text.size(); ++i) {
        if (i == 3) continue;  // the point
        if (text[i] < '0' || text[i] > '9') return 0;
        result += (text[i] - '0') * unit;
        unit /= 10;
    }
    return result <= kFull ? result : 0;
}

}  // namespace

std::optional<int> named_weight(std::string_view field, std::string_view coding) {
    for (std::size_t count = 0; count < kMostCodings && !field.empty(); ++count) {
        const std::string_view element = take_element(field);
        const std::size_t semicolon = element.find(';');
        const std::string_view name = trimmed(element.substr(0, semicolon));
        if (!grove::http::iequals(name, coding)) continue;
        return semicolon == std::string_view::npos
                   ? kFull
                   : weight_of(trimmed(element.substr(semicolon + 1)));
    }
    return std::nullopt;
}

int coding_weight(std::string_view field, std::string_view coding) {
    if (const auto named = named_weight(field, coding)) return *named;
    return named_weight(field, "*").value_or(0);
}
