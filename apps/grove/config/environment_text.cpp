#include "environment_text.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace grove::http {
namespace {

constexpr std::string_view kBegin = "${";
constexpr std::string_view kLiteral = "$${";
constexpr std::string_view kDefault = ":-";

// As shells have it.
bool is_name(std::string_view text) {
    const auto letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    const auto odd = [&](char c) { return !letter(c) && !(c >= '0' && c <= '9'); };
    return !text.empty() && letter(text.front()) && std::none_of(text.begin(), text.end(), odd);
}

// A file of JSON cannot have other texts, and what takes ours relies on it.
bool is_utf8(const std::string& text) {
    try {
        (void)nlohmann::json(text).dump();
        return true;
    } catch (const nlohmann::json::type_error&) {
        return false;
    }
}

// @param inside  what is between the braces
std::string value_of(std::string_view inside, const Environment& environment) {
    const std::size_t colon = inside.find(kDefault);
    const std::string name{inside.substr(0, colon)};
    if (!is_name(name)) {
        throw std::invalid_argument{"\"${" + std::string{inside} +
                                    "}\" is not a reference, must be ${NAME} or ${NAME:-default}; "
                                    "$${ is a literal ${"};
    }
    const std::optional<std::string> value = environment(name);
    if (colon != std::string_view::npos && (!value || value->empty()))
        return std::string{inside.substr(colon + kDefault.size())};
    if (!value) {
        throw std::invalid_argument{"the environment has no " + name +
                                    ": set it, or give a default: ${" + name + ":-default}"};
    }
    if (!is_utf8(*value))
        throw std::invalid_argument{"the environment's " + name + " must be UTF-8"};
    return *value;
}

}  // namespace

std::optional<std::string> environment_of_process(const std::string& name) {
    const char* const value = std::getenv(name.c_str());
    return value != nullptr ? std::optional<std::string>{value} : std::nullopt;
}

bool refers_to_environment(std::string_view text) {
    return text.find(kBegin) != std::string_view::npos;
}

std::string with_environment(std::string_view text, const Environment& environment) {
    std::string result;
    while (!text.empty()) {
        if (text.starts_with(kLiteral)) {
            result += kBegin;
            text.remove_prefix(kLiteral.size());
        } else if (text.starts_with(kBegin)) {
            const std::size_t end = text.find('}');
            if (end == std::string_view::npos) {
                throw std::invalid_argument{"\"" + std::string{text} +
                                            "\" has no \"}\"; $${ is a literal ${"};
            }
            result += value_of(text.substr(kBegin.size(), end - kBegin.size()), environment);
            text.remove_prefix(end + 1);
        } else {
            result += text.front();
            text.remove_prefix(1);
        }
    }
    return result;
}

}  // namespace grove::http
