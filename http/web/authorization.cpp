#include "authorization.h"

#include <stdexcept>

#include <grove/http/headers.h>

#include "field_list.h"

namespace grove::web {

std::optional<std::string_view> credentials_of(std::string_view field,
                                               std::string_view scheme) noexcept {
    if (!http::iequals(field.substr(0, scheme.size()), scheme)) return std::nullopt;
    field.remove_prefix(scheme.size());
    if (!field.empty() && field.front() != ' ') return std::nullopt;
    return trimmed(field);
}

std::string challenge(std::string_view scheme, std::string_view realm) {
    if (!http::is_field_value(realm))
        throw std::invalid_argument{"realm cannot be in the value of a field"};
    std::string text{scheme};
    text += " realm=\"";
    for (const char byte : realm) {
        if (byte == '"' || byte == '\\') text += '\\';
        text += byte;
    }
    return text + '"';
}

}  // namespace grove::web
