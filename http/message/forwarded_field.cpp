#include "forwarded_field.h"

#include <cstddef>

#include "ascii.h"

namespace grove::http {
namespace {

// An odd number of '\' before the quote at `at` escapes the quote.
bool is_escaped(std::string_view list, std::size_t at) noexcept {
    std::size_t slashes = 0;
    while (slashes < at && list[at - 1 - slashes] == '\\') ++slashes;
    return slashes % 2 == 1;
}

std::size_t last_comma(std::string_view list) noexcept {
    bool quoted = false;
    for (std::size_t at = list.size(); at-- > 0;) {
        if (list[at] == ',' && !quoted) return at;
        if (list[at] == '"' && !is_escaped(list, at)) quoted = !quoted;
    }
    return list.npos;
}

std::string_view take_token(std::string_view& text) noexcept {
    std::size_t length = 0;
    while (length < text.size() && is_token_char(text[length])) ++length;
    const std::string_view token = text.substr(0, length);
    text.remove_prefix(length);
    return token;
}

// @return nullopt: it has no end
std::optional<std::string_view> take_quoted(std::string_view& text) noexcept {
    for (std::size_t at = 1; at < text.size(); ++at) {
        if (text[at] == '\\') {
            ++at;
        } else if (text[at] == '"') {
            const std::string_view inside = text.substr(1, at - 1);
            text.remove_prefix(at + 1);
            return inside;
        }
    }
    return std::nullopt;
}

// Some proxies write an address with its colons as it is.
std::string_view take_bare(std::string_view& text) noexcept {
    std::size_t length = 0;
    const auto belongs = [](char byte) {
        return is_token_char(byte) || byte == ':' || byte == '[' || byte == ']';
    };
    while (length < text.size() && belongs(text[length])) ++length;
    const std::string_view value = text.substr(0, length);
    text.remove_prefix(length);
    return value;
}

std::string_view* place_of(std::string_view name, ForwardedElement& element) noexcept {
    if (matches(name, "for")) return &element.node;
    if (matches(name, "proto")) return &element.proto;
    return matches(name, "host") ? &element.host : nullptr;
}

std::optional<ForwardedElement> parse_element(std::string_view text) {
    ForwardedElement element;
    bool any = false;
    for (;;) {
        text = trim_ows(text);
        if (text.empty()) return any ? std::optional{element} : std::nullopt;
        if (text.front() == ';') {
            text.remove_prefix(1);
            continue;
        }
        const std::string_view name = take_token(text);
        if (name.empty() || !text.starts_with('=')) return std::nullopt;
        text.remove_prefix(1);
        const auto value =
            text.starts_with('"') ? take_quoted(text) : std::optional{take_bare(text)};
        if (!value || value->empty()) return std::nullopt;
        text = trim_ows(text);
        if (!text.empty() && text.front() != ';') return std::nullopt;
        if (std::string_view* const place = place_of(name, element)) {
            if (!place->empty()) return std::nullopt;  // twice
            *place = *value;
        }
        any = true;
    }
}

}  // namespace

std::optional<ForwardedElement> take_last_element(std::string_view& list) {
    const std::size_t comma = last_comma(list);
    const std::string_view last = comma == list.npos ? list : list.substr(comma + 1);
    list = comma == list.npos ? std::string_view{} : list.substr(0, comma);
    return parse_element(last);
}

}  // namespace grove::http
