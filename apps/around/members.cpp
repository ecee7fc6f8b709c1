// Apart from who uses it: JSON's templates take most of the time in which a middleware is compiled.
#include "members.h"

#include <cstdint>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace {

using Json = nlohmann::json;

bool read(const Json& value, bool& option) {
    if (value.is_boolean()) option = value.get<bool>();
    return value.is_boolean();
}
bool read(const Json& value, std::string& option) {
    if (value.is_string()) option = value.get<std::string>();
    return value.is_string();
}
bool read(const Json& value, double& option) {
    if (value.is_number()) option = value.get<double>();
    return value.is_number();
}
bool read(const Json& value, std::size_t& option) {
    if (value.is_number_unsigned()) option = value.get<std::size_t>();
    return value.is_number_unsigned();
}
bool read(const Json& value, std::optional<int>& option) {
    constexpr int kMost = 1000;  // the option's own bounds are checked by who has it
    option.reset();
    if (value.is_number_unsigned() && value <= kMost) option = value.get<int>();
    return value.is_null() || option;
}
bool read(const Json& value, std::optional<std::chrono::seconds>& option) {
    constexpr std::int64_t kMost = 100LL * 365 * 86400;
    option.reset();
    if (value.is_number_unsigned() && value <= kMost)
        option = std::chrono::seconds{value.get<std::int64_t>()};
    return value.is_null() || option;
}
bool read(const Json& value, Members::Texts& option) {
    if (!value.is_array()) return false;
    option.clear();
    for (const Json& one : value) {
        if (!read(one, option.emplace_back())) return false;
    }
    return true;
}
bool read(const Json& value, Members::Map& option) {
    if (!value.is_object()) return false;
    option.clear();
    for (const auto& [key, one] : value.items()) {
        if (!read(one, option[key])) return false;
    }
    return true;
}

}  // namespace

struct Members::Left {
    Json members;
    std::string known{};

    template <class T>
    void take(const char* key, T& option, const char* wanted) {
        known += (known.empty() ? "" : ", ") + std::string{key};
        const auto found = members.find(key);
        if (found == members.end()) return;
        if (!read(*found, option))
            throw std::invalid_argument{"\"" + std::string{key} + "\" must be " + wanted};
        members.erase(found);
    }
};

Members::Members(std::string_view config)
    : left_{std::make_unique<Left>(Left{.members = Json::parse(config)})} {}
Members::~Members() = default;

void Members::take(const char* key, bool& option) { left_->take(key, option, "true or false"); }
void Members::take(const char* key, std::string& option) { left_->take(key, option, "a text"); }
void Members::take(const char* key, double& option) { left_->take(key, option, "a number"); }
void Members::take(const char* key, std::size_t& option) {
    left_->take(key, option, "a number without sign and fraction");
}
void Members::take(const char* key, std::optional<int>& option) {
    left_->take(key, option, "a small number, or null");
}
void Members::take(const char* key, std::optional<std::chrono::seconds>& option) {
    left_->take(key, option, "whole seconds of 100 years at most, or null");
}
void Members::take(const char* key, Texts& option) { left_->take(key, option, "a list of texts"); }
void Members::take(const char* key, Map& option) {
    left_->take(key, option, "an object of names and texts");
}

void Members::done() const {
    if (left_->members.empty()) return;
    throw std::invalid_argument{"\"" + left_->members.begin().key() +
                                "\" is not a key here, must be one of " + left_->known};
}
