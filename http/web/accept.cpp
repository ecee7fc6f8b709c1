#include "accept.h"

#include <algorithm>

#include <grove/http/headers.h>

#include "content_type.h"

namespace grove::web {
namespace {

constexpr int kWhole = 1000;

/// Thousandths; what is no weight is none.
int weight_of(std::string_view element) noexcept {
    const std::size_t at = element.find(";");
    for (std::size_t next = at; next < element.size();) {
        element.remove_prefix(next + 1);
        element.remove_prefix(std::min(element.find_first_not_of(" \t"), element.size()));
        next = element.find(';');
        if (!http::iequals(element.substr(0, 2), "q=")) continue;
        const std::string_view digits = media_type_of(element.substr(2));
        if (digits.empty() || digits.size() > 5 || (digits[0] != '0' && digits[0] != '1')) return 0;
        if (digits[0] == '1') return kWhole;
        int weight = 0;
        int place = kWhole / 10;
        for (const char digit : digits.substr(std::min<std::size_t>(2, digits.size()))) {
            if (digit < '0' || digit > '9') return 0;
            weight += (digit - '0') * place;
            place /= 10;
        }
        return weight;
    }
    return kWhole;
}

bool is_json(std::string_view type) noexcept {
    constexpr std::string_view kSuffix = "+json";
    return http::iequals(type, "application/json") ||
           (type.size() > kSuffix.size() &&
            http::iequals(type.substr(type.size() - kSuffix.size()), kSuffix));
}

}  // namespace

bool prefers_json(std::string_view accept) noexcept {
    int heaviest = 0;
    bool json = false;
    while (!accept.empty()) {
        const std::size_t end = std::min(accept.find(','), accept.size());
        const std::string_view element = accept.substr(0, end);
        accept.remove_prefix(std::min(end + 1, accept.size()));
        const int weight = weight_of(element);
        if (weight <= heaviest) continue;
        heaviest = weight;
        json = is_json(media_type_of(element));
    }
    return json;
}

}  // namespace grove::web
