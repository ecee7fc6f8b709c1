// config_key.h - a key of the configuration: what it takes, where that goes in a Config, and what it means. A default is
// what a default-made Config holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "config.h"
#include "config_words.h"

namespace grove::http {

/// Bytes, fields, requests: a whole number, or null for no bound.
struct CountKey {
    std::size_t& (*at)(Config&);
    std::size_t least;
    std::size_t most;
    std::optional<std::size_t> null_value = Limits::kUnbounded;  ///< nullopt: null is refused.
    std::string_view word{};     ///< Taken instead of a number; "": none is.
    std::size_t word_value = 0;  ///< What it means.
};

inline constexpr double kMostSeconds = 1e9;

/// A number of seconds > 0, fractions too, or null: no bound.
struct SecondsKey {
    Timespan& (*at)(Config&);
    bool may_be_none = false;  ///< 0 too, and null is 0.
};

/// A number, fractions too.
struct NumberKey {
    double& (*at)(Config&);
    double least;
    double most;
};

/// As CountKey, from 0, where absent is as the server's.
struct OwnCountKey {
    std::optional<std::uint64_t>& (*at)(Config&);
    std::size_t most;
    std::size_t null_value;
};

/// As SecondsKey, where absent is as the server's.
struct OwnSecondsKey {
    std::optional<Timespan>& (*at)(Config&);
};

/// true or false.
struct BoolKey {
    bool& (*at)(Config&);
};

/// Regular expressions are ECMA's, for the schema: no text that is taken fails them.
inline constexpr std::string_view kAnyText = R"(^[^\u0000]+$)";

/// Text that is not empty. Where it names a file, a relative one is the configuration file's.
struct TextKey {
    using Check = void (*)(const std::string&);  // throws std::invalid_argument
    using Resolve = std::string (*)(std::string text, const std::string& directory);

    std::string& (*at)(Config&);
    std::string_view allowed;  ///< For messages: "must be …".
    Resolve resolve = nullptr;
    Check check = nullptr;
    std::string_view pattern = kAnyText;
    bool may_be_null = false;  ///< Which is as if it were absent.
};

/// One text, or a list of one or more.
struct TextsKey {
    TextKey text;              ///< Its accessor means the last.
    void (*another)(Config&);  ///< Makes room behind that.
};

/// One word of a few.
template <class Value>
struct ChoiceKey {
    Value& (*at)(Config&);
    std::span<const ConfigWord<Value>> words;
};

/// true, false, or one word of a few.
template <class Value>
struct SwitchKey {
    Value& (*at)(Config&);
    Value off;  ///< What false is.
    Value on;
    std::span<const ConfigWord<Value>> words;
};

/// An object that is not ours to look into, kept as text.
struct JsonKey {
    std::string& (*at)(Config&);
};

/// An object; its keys are the rows one step below.
struct SectionKey {
    void (*open)(Config&) = nullptr;  ///< Makes room for it in the Config, where it may be absent.
};

/// false, or an object; absent is as a default-made Config has it.
struct SectionOrFalseKey {
    bool& (*at)(Config&);  ///< Whether it is an object.
};

/// One text, or the object that has it as one of its keys.
struct TextOrSectionKey {
    TextKey text;
};

/// One object, or a list of one or more of that kind; the rows one step below are the keys of each.
struct SectionsKey {
    void (*append)(Config&, std::string place);
};

/// An object with any names; the row of a member is "…/*", and its accessors mean the last one.
struct MapKey {
    void (*clear)(Config&);
    void (*append)(Config&, std::string name);  ///< @throws std::invalid_argument
    std::string_view allowed;
    std::string_view pattern;  ///< Of the names.
};

/// A list, of one item or more unless it may be empty; the row of an item is "…/*", and its accessors mean the last one.
struct ListKey {
    void (*clear)(Config&);
    void (*append)(Config&, std::string place);
    bool (*empty)(const Config&);
    bool may_be_empty = false;  ///< Which is as if it were absent.
};

struct ConfigKey {
    std::string_view pointer;
    std::string_view help;
    std::variant<CountKey, OwnCountKey, SecondsKey, OwnSecondsKey, NumberKey, BoolKey, TextKey,
                 TextsKey, ChoiceKey<Accept>, ChoiceKey<AccessFormat>,
                 ChoiceKey<ClientCertificates>, ChoiceKey<Forwarded>, ChoiceKey<LogLevel>,
                 ChoiceKey<TlsVersion>, SwitchKey<ProxyProtocol>, JsonKey, SectionKey, SectionsKey,
                 TextOrSectionKey, SectionOrFalseKey, ListKey, MapKey>
        value;
    bool required = false;     ///< Each object of its kind must have it.
    std::string_view needs{};  ///< The key that must stand beside it, if any.
};

}  // namespace grove::http
