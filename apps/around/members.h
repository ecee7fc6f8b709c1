// members.h - the configuration of a middleware that ships, member by member.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

/// Each member is taken into its option; done() refuses those that nobody took. Messages name the
/// member: where the configuration is, the loader says.
class Members {
public:
    explicit Members(std::string_view config) : left_(nlohmann::json::parse(config)) {}

    /// Absent: `option` stays as it is. @throws std::invalid_argument  it has another type
    template <class T>
    void take(const char* key, T& option) {
        known_ += (known_.empty() ? "" : ", ") + std::string{key};
        const auto found = left_.find(key);
        if (found == left_.end()) return;
        if (!read(*found, option))
            throw std::invalid_argument{"\"" + std::string{key} + "\" must be " + wanted(option)};
        left_.erase(found);
    }

    /// @throws std::invalid_argument  a member is left
    void done() const {
        if (left_.empty()) return;
        throw std::invalid_argument{"\"" + left_.begin().key() +
                                    "\" is not a key here, must be one of " + known_};
    }

private:
    using Json = nlohmann::json;
    using Texts = std::vector<std::string>;
    using Map = std::map<std::string, std::string>;

    static bool read(const Json& value, bool& option) {
        if (value.is_boolean()) option = value.get<bool>();
        return value.is_boolean();
    }
    static bool read(const Json& value, std::string& option) {
        if (value.is_string()) option = value.get<std::string>();
        return value.is_string();
    }
    static bool read(const Json& value, double& option) {
        if (value.is_number()) option = value.get<double>();
        return value.is_number();
    }
    static bool read(const Json& value, std::size_t& option) {
        if (value.is_number_unsigned()) option = value.get<std::size_t>();
        return value.is_number_unsigned();
    }
    static bool read(const Json& value, std::optional<int>& option) {
        constexpr int kMost = 1000;  // the option's own bounds are checked by who has it
        option.reset();
        if (value.is_number_unsigned() && value <= kMost) option = value.get<int>();
        return value.is_null() || option;
    }
    static bool read(const Json& value, std::optional<std::chrono::seconds>& option) {
        constexpr std::int64_t kMost = 100LL * 365 * 86400;
        option.reset();
        if (value.is_number_unsigned() && value <= kMost)
            option = std::chrono::seconds{value.get<std::int64_t>()};
        return value.is_null() || option;
    }
    static bool read(const Json& value, Texts& option) {
        if (!value.is_array()) return false;
        option.clear();
        for (const Json& one : value) {
            if (!read(one, option.emplace_back())) return false;
        }
        return true;
    }
    static bool read(const Json& value, Map& option) {
        if (!value.is_object()) return false;
        option.clear();
        for (const auto& [key, one] : value.items()) {
            if (!read(one, option[key])) return false;
        }
        return true;
    }

    static const char* wanted(const bool&) { return "true or false"; }
    static const char* wanted(const std::string&) { return "a text"; }
    static const char* wanted(const double&) { return "a number"; }
    static const char* wanted(const std::size_t&) { return "a number without sign and fraction"; }
    static const char* wanted(const std::optional<int>&) { return "a small number, or null"; }
    static const char* wanted(const std::optional<std::chrono::seconds>&) {
        return "whole seconds of 100 years at most, or null";
    }
    static const char* wanted(const Texts&) { return "a list of texts"; }
    static const char* wanted(const Map&) { return "an object of names and texts"; }

    nlohmann::json left_;
    std::string known_{};
};
