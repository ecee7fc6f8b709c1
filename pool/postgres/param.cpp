#include <grove/postgres/param.h>

#include <charconv>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace grove::postgres {
namespace {

std::string checked(std::string text) {
    if (text.find('\0') != std::string::npos) {
        throw std::invalid_argument{
            "a parameter's text contains a NUL byte, which PostgreSQL's texts cannot hold; "
            "Param::bytes() is for a bytea"};
    }
    return text;
}

std::string written(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

}  // namespace

Param::Param(bool value) : value_{value ? "t" : "f"} {}
Param::Param(int value) : value_{std::to_string(value)} {}
Param::Param(std::int64_t value) : value_{std::to_string(value)} {}
Param::Param(double value) : value_{written(value)} {}
Param::Param(std::string value) : value_{checked(std::move(value))} {}
Param::Param(std::string_view value) : Param{std::string{value}} {}
Param::Param(const char* value) {
    if (value == nullptr)
        throw std::invalid_argument{"a parameter's text is null; NULL is written std::nullopt"};
    value_ = value;
}

Param Param::bytes(std::string_view value) {
    Param param{std::nullopt};
    param.value_ = value;
    param.binary_ = true;
    return param;
}

}  // namespace grove::postgres
