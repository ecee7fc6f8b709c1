#include "content_type.h"

#include <algorithm>
#include <utility>

#include <grove/http/headers.h>

namespace grove::web {
namespace {

constexpr std::string_view kBlank = " \t";

void skip_blank(std::string_view& text) noexcept {
    text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
}

/// Takes a quoted text off the front, which is at its '"'. nullopt: it has no end
std::optional<std::string> take_quoted(std::string_view& text, Quoting quoting) {
    std::string value;
    for (std::size_t at = 1; at < text.size(); ++at) {
        if (text[at] == '"') {
            text.remove_prefix(at + 1);
            return value;
        }
        const bool in_form = at + 2 < text.size() && text[at + 1] == '"';  // a last '"' is the end
        const bool pair =
            text[at] == '\\' && at + 1 < text.size() && (quoting == Quoting::kField || in_form);
        if (pair) ++at;
        value += text[at];
    }
    return std::nullopt;
}

/// Takes a value off the front. nullopt: it is broken
std::optional<std::string> take_value(std::string_view& text, Quoting quoting) {
    if (text.starts_with('"')) return take_quoted(text, quoting);
    const std::size_t end = std::min(text.find_first_of("; \t"), text.size());
    std::string value{text.substr(0, end)};
    text.remove_prefix(end);
    return value;
}

struct Parameter {
    std::string_view name;
    std::string value;
};

/// Takes the ';' of a parameter that follows, or of several that are empty, and blanks off the front.
/// @return a parameter follows
bool take_separator(std::string_view& field) noexcept {
    skip_blank(field);
    if (!field.starts_with(';')) return false;
    while (field.starts_with(';')) {
        field.remove_prefix(1);
        skip_blank(field);
    }
    return !field.empty();
}

/// nullopt: it is broken
std::optional<Parameter> take_parameter(std::string_view& field, Quoting quoting) {
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view name = field.substr(0, equals);
    if (!http::is_token(name)) return std::nullopt;
    field.remove_prefix(equals + 1);
    std::optional<std::string> value = take_value(field, quoting);
    if (!value) return std::nullopt;
    return Parameter{name, std::move(*value)};
}

}  // namespace

std::string_view media_type_of(std::string_view field) noexcept {
    skip_blank(field);
    return field.substr(0, field.substr(0, field.find(';')).find_last_not_of(kBlank) + 1);
}

bool has_whole_parameters(std::string_view field, Quoting quoting) {
    field.remove_prefix(std::min(field.find(';'), field.size()));
    while (take_separator(field)) {
        if (!take_parameter(field, quoting)) return false;
    }
    return field.empty();
}

std::optional<std::string> parameter_of(std::string_view field, std::string_view name,
                                        Quoting quoting) {
    field.remove_prefix(std::min(field.find(';'), field.size()));
    while (take_separator(field)) {
        std::optional<Parameter> parameter = take_parameter(field, quoting);
        if (!parameter) return std::nullopt;
        if (http::iequals(parameter->name, name)) return std::move(parameter->value);
    }
    return std::nullopt;
}

}  // namespace grove::web
