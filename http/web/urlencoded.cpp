#include "urlencoded.h"

#include <algorithm>
#include <utility>

#include <grove/http/http_error.h>

#include "escapes.h"

namespace grove::web {
namespace {

std::string decoded(std::string_view text) {
    std::string spaced{text};
    std::replace(spaced.begin(), spaced.end(), '+', ' ');
    if (spaced.find('%') == std::string::npos) return spaced;
    std::string all;
    all.reserve(spaced.size());
    if (!append_decoded(all, spaced))
        throw http::HttpError{400, "a % in a form or query needs two hexadecimal digits"};
    return all;
}

bool is_name(std::string_view text, std::string_view name) {
    if (text.find_first_of("%+") == std::string_view::npos) return text == name;
    return decoded(text) == name;
}

struct Cut {
    std::string_view before;
    std::string_view behind;  // empty without a sign
};
Cut cut_at(char sign, std::string_view text) {
    const std::size_t at = text.find(sign);
    if (at == std::string_view::npos) return {text, {}};
    return {text.substr(0, at), text.substr(at + 1)};
}

/// Calls visit(name, value) with what stands there, until it returns false.
template <class Visit>
void for_each_field(std::string_view text, Visit visit) {
    while (!text.empty()) {
        const auto [field, rest] = cut_at('&', text);
        text = rest;
        if (field.empty()) continue;
        const auto [name, value] = cut_at('=', field);
        if (!visit(name, value)) return;
    }
}

}  // namespace

Fields parse_urlencoded(std::string_view text) {
    std::vector<Fields::Field> fields;
    for_each_field(text, [&](std::string_view name, std::string_view value) {
        if (fields.size() == kMostFields)
            throw http::HttpError{413, "the form has more than 1000 fields"};
        fields.emplace_back(decoded(name), decoded(value));
        return true;
    });
    return Fields{std::move(fields)};
}

std::optional<std::string> find_urlencoded(std::string_view text, std::string_view name) {
    std::optional<std::string> found;
    for_each_field(text, [&](std::string_view key, std::string_view value) {
        if (is_name(key, name)) found = decoded(value);
        return !found;
    });
    return found;
}

std::vector<std::string> find_all_urlencoded(std::string_view text, std::string_view name) {
    std::vector<std::string> found;
    for_each_field(text, [&](std::string_view key, std::string_view value) {
        if (is_name(key, name)) found.push_back(decoded(value));
        return true;
    });
    return found;
}

std::optional<std::string> Fields::get(std::string_view name) const {
    for (const auto& [key, value] : fields_) {
        if (key == name) return value;
    }
    return std::nullopt;
}

std::vector<std::string> Fields::get_all(std::string_view name) const {
    std::vector<std::string> values;
    for (const auto& [key, value] : fields_) {
        if (key == name) values.push_back(value);
    }
    return values;
}

}  // namespace grove::web
