#include "config_reader.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

#include "config_json.h"
#include "config_key_search.h"
#include "config_keys.h"
#include "one_line.h"

namespace grove::http {
namespace {

using Json = nlohmann::ordered_json;

// A value as a message shows it: short, and readable whatever bytes it has.
std::string shown(const Json& value) {
    constexpr std::size_t kMostShown = 60;
    if (value.is_object()) return "an object";
    if (value.is_array()) return value.empty() ? "an empty list" : "a list";
    std::string text = value.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
    if (text.size() > kMostShown) {
        text.resize(kMostShown);
        text += "...";
    }
    return text;
}

// The whole number in a value, 1000.0 too as JSON Schema has it; nullopt if it is none or negative.
std::optional<std::size_t> whole_number(const Json& value) {
    constexpr double kMostExact = 9007199254740992.0;
    if (value.is_number_integer() && value >= 0) return value.get<std::size_t>();
    if (value.is_number_float()) {
        const auto number = value.get<double>();
        if (number >= 0 && number <= kMostExact && std::trunc(number) == number)
            return static_cast<std::size_t>(number);
    }
    return std::nullopt;
}

// nullopt: it is none, or out of bounds.
std::optional<std::size_t> count_of(const Json& value, std::size_t least, std::size_t most,
                                    std::optional<std::size_t> null_value) {
    if (value.is_null()) return null_value;
    const std::optional<std::size_t> number = whole_number(value);
    return number && *number >= least && *number <= most ? number : std::nullopt;
}

// The same. @param may_be_none  0 too, and null is 0
std::optional<Timespan> seconds_of(const Json& value, bool may_be_none) {
    if (value.is_null()) return may_be_none ? Timespan{Duration::zero()} : Timespan{};
    const double seconds = value.is_number() ? value.get<double>() : -1;
    const bool enough = may_be_none ? seconds >= 0 : seconds > 0;
    if (!(enough && seconds <= kMostSeconds)) return std::nullopt;
    // Rounded up: what is more than no time must not become none.
    return Timespan{std::chrono::ceil<Duration>(std::chrono::duration<double>{seconds})};
}

// What a text of the environment is where no text is wanted: the number, bool or null that JSON has
// for it, or itself.
Json plain_value(const std::string& text) {
    Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    return value.is_primitive() && !value.is_string() && !value.is_discarded() ? value : Json(text);
}

std::string allowed(const CountKey& key) {
    return "a whole number from " + std::to_string(key.least) + " to " + std::to_string(key.most) +
           (key.word.empty() ? "" : ", or \"" + std::string{key.word} + "\"") +
           (key.null_value ? ", or null" : "");
}

std::string allowed(const SecondsKey& key) {
    return std::string{"a number of seconds "} + (key.may_be_none ? ">=" : ">") +
           " 0 and at most 1000000000, or null";
}

std::string allowed(const OwnCountKey& key) {
    return allowed(CountKey{nullptr, 0, key.most, key.null_value});
}

std::string allowed(const OwnSecondsKey&) { return allowed(SecondsKey{nullptr}); }

std::string allowed(const NumberKey& key) {
    return "a number from " + shown(key.least) + " to " + shown(key.most);
}

std::string allowed(const BoolKey&) { return "true or false"; }

template <class Value>
std::string listed(std::span<const ConfigWord<Value>> words) {
    std::string text;
    for (const ConfigWord<Value>& one : words)
        text += (text.empty() ? "\"" : ", \"") + std::string{one.word} + "\"";
    return text;
}

template <class Value>
std::string allowed(const ChoiceKey<Value>& key) {
    return "one of " + listed(key.words);
}

template <class Value>
std::string allowed(const SwitchKey<Value>& key) {
    return "true, false, or one of " + listed(key.words);
}

std::string allowed(const TextKey& key) { return std::string{key.allowed}; }
std::string allowed(const TextsKey& key) { return allowed(key.text) + ", or a list of them"; }
std::string allowed(const JsonKey&) { return "an object"; }
std::string allowed(const SectionKey&) { return "an object"; }
std::string allowed(const SectionsKey&) { return "an object, or a list of one or more"; }
std::string allowed(const TextOrSectionKey& key) {
    return std::string{key.text.allowed} + ", or an object";
}
std::string allowed(const SectionOrFalseKey&) { return "false, or an object"; }
std::string allowed(const MapKey& key) { return std::string{key.allowed}; }
std::string allowed(const ListKey& key) {
    return key.may_be_empty ? "a list" : "a list of one item or more";
}

std::string allowed(const ConfigKey& key) {
    return std::visit([](const auto& kind) { return allowed(kind); }, key.value);
}

class Reader {
public:
    Reader(const ConfigOrigin& origin, Config& config, std::vector<std::string>& faults)
        : origin_{origin}, config_{config}, faults_{faults} {}

    void read(const Json& value, const ConfigKey& key, const std::string& pointer) {
        if (!refers(value)) {
            if (!fits(value, key, pointer)) refuse(value, key, pointer);
            return;
        }
        const std::optional<std::string> text = replaced(value, pointer);
        if (!text) {
            (void)fits("", key, pointer);  // a default must not stand in for it
            return;
        }
        const Json plain = plain_value(*text);
        of_environment_ = true;
        if (!fits(*text, key, pointer) && (plain.is_string() || !fits(plain, key, pointer)))
            refuse(value, key, pointer);  // as the file has it: what replaces it may be a secret
        of_environment_ = false;
    }

private:
    bool fits(const Json& value, const ConfigKey& key, const std::string& pointer) {
        return std::visit([&](const auto& kind) { return store(value, kind, key, pointer); },
                          key.value);
    }

    void refuse(const Json& value, const ConfigKey& key, const std::string& pointer) {
        fault(pointer, "is " + shown(value) + ", must be " + allowed(key));
    }

    bool refers(const Json& value) const {
        return origin_.environment && value.is_string() &&
               refers_to_environment(value.get_ref<const std::string&>());
    }

    // @return nullopt: it is a fault, and told so
    std::optional<std::string> replaced(const Json& value, const std::string& pointer) {
        try {
            return with_environment(value.get_ref<const std::string&>(), origin_.environment);
        } catch (const std::invalid_argument& error) {
            fault(pointer, error.what());
            return std::nullopt;
        }
    }

    // In what belongs to an application, where texts stay texts.
    void replace_within(Json& value, const std::string& pointer) {
        if (refers(value)) {
            if (auto text = replaced(value, pointer)) value = std::move(*text);
        } else if (value.is_array()) {
            for (std::size_t i = 0; i < value.size(); ++i)
                replace_within(value[i], json_pointer(pointer, std::to_string(i)));
        } else if (value.is_object()) {
            for (auto& [name, child] : value.items())
                replace_within(child, json_pointer(pointer, name));
        }
    }

    void fault(const std::string& pointer, const std::string& reason) {
        faults_.push_back(one_line(origin_.place(pointer) + ": " + reason));
    }

    // Each store() returns false if the value is not what the key allows. Other faults it reports
    // itself.

    bool store(const Json& value, const CountKey& kind, const ConfigKey&, const std::string&) {
        if (!kind.word.empty() && value == kind.word) {
            kind.at(config_) = kind.word_value;
            return true;
        }
        const std::optional<std::size_t> count =
            count_of(value, kind.least, kind.most, kind.null_value);
        if (count) kind.at(config_) = *count;
        return count.has_value();
    }

    bool store(const Json& value, const OwnCountKey& kind, const ConfigKey&, const std::string&) {
        const std::optional<std::size_t> count = count_of(value, 0, kind.most, kind.null_value);
        if (count) kind.at(config_) = *count;
        return count.has_value();
    }

    bool store(const Json& value, const SecondsKey& kind, const ConfigKey&, const std::string&) {
        const std::optional<Timespan> time = seconds_of(value, kind.may_be_none);
        if (time) kind.at(config_) = *time;
        return time.has_value();
    }

    bool store(const Json& value, const OwnSecondsKey& kind, const ConfigKey&, const std::string&) {
        const std::optional<Timespan> time = seconds_of(value, false);
        if (time) kind.at(config_) = time;
        return time.has_value();
    }

    bool store(const Json& value, const NumberKey& kind, const ConfigKey&, const std::string&) {
        const double number = value.is_number() ? value.get<double>() : kind.most + 1;
        if (!(number >= kind.least && number <= kind.most)) return false;
        kind.at(config_) = number;
        return true;
    }

    bool store(const Json& value, const BoolKey& kind, const ConfigKey&, const std::string&) {
        if (value.is_boolean()) kind.at(config_) = value.get<bool>();
        return value.is_boolean();
    }

    bool store(const Json& value, const TextKey& kind, const ConfigKey&,
               const std::string& pointer) {
        kind.at(config_).clear();  // a default must not stand in for a value that is refused
        if (kind.may_be_null && value.is_null()) return true;
        std::string text = value.is_string() ? value.get<std::string>() : "";
        if (text.empty() || text.find('\0') != std::string::npos) return false;
        if (kind.resolve != nullptr) text = kind.resolve(std::move(text), origin_.directory);
        if (kind.check != nullptr) {
            try {
                kind.check(text);
            } catch (const std::invalid_argument& error) {
                if (of_environment_) return false;  // it may quote the text
                fault(pointer, error.what());
                return true;
            }
        }
        kind.at(config_) = std::move(text);
        return true;
    }

    bool store(const Json& value, const TextsKey& kind, const ConfigKey& key,
               const std::string& pointer) {
        if (!value.is_array()) return store(value, kind.text, key, pointer);
        for (std::size_t i = 0; i < value.size(); ++i) {
            const std::string item = json_pointer(pointer, std::to_string(i));
            if (i != 0) kind.another(config_);
            read(value[i], ConfigKey{key.pointer, key.help, kind.text}, item);
        }
        return !value.empty();
    }

    template <class Value>
    bool store(const Json& value, const ChoiceKey<Value>& kind, const ConfigKey&,
               const std::string&) {
        const std::string text = value.is_string() ? value.get<std::string>() : "";
        const auto found =
            std::find_if(kind.words.begin(), kind.words.end(),
                         [&](const ConfigWord<Value>& one) { return one.word == text; });
        if (found == kind.words.end()) return false;
        kind.at(config_) = found->value;
        return true;
    }

    template <class Value>
    bool store(const Json& value, const SwitchKey<Value>& kind, const ConfigKey& key,
               const std::string& pointer) {
        if (!value.is_boolean())
            return store(value, ChoiceKey<Value>{kind.at, kind.words}, key, pointer);
        kind.at(config_) = value.get<bool>() ? kind.on : kind.off;
        return true;
    }

    bool store(const Json& value, const JsonKey& kind, const ConfigKey&,
               const std::string& pointer) {
        if (!value.is_object()) return false;
        Json own = value;
        replace_within(own, pointer);
        kind.at(config_) = own.dump();
        return true;
    }

    bool store(const Json& value, const ListKey& kind, const ConfigKey& list,
               const std::string& pointer) {
        if (!value.is_array() || (value.empty() && !kind.may_be_empty)) return false;
        const ConfigKey& item_key = *find_config_key(std::string{list.pointer} + "/*");
        kind.clear(config_);
        for (std::size_t i = 0; i < value.size(); ++i) {
            const std::string item = json_pointer(pointer, std::to_string(i));
            kind.append(config_, origin_.place(item));
            read(value[i], item_key, item);
        }
        return true;
    }

    bool store(const Json& value, const MapKey& kind, const ConfigKey& map,
               const std::string& pointer) {
        if (!value.is_object()) return false;
        const ConfigKey& member_key = *find_config_key(std::string{map.pointer} + "/*");
        kind.clear(config_);
        for (const auto& [name, child] : value.items()) {
            const std::string member = json_pointer(pointer, name);
            try {
                kind.append(config_, name);
            } catch (const std::invalid_argument& error) {
                fault(member, error.what());
                continue;
            }
            read(child, member_key, member);
        }
        return true;
    }

    bool store(const Json& value, const SectionsKey& kind, const ConfigKey& key,
               const std::string& pointer) {
        if (value.is_object()) {
            kind.append(config_, origin_.place(pointer));
            return store(value, SectionKey{}, key, pointer);
        }
        if (!value.is_array() || value.empty()) return false;
        for (std::size_t i = 0; i < value.size(); ++i) {
            const std::string item = json_pointer(pointer, std::to_string(i));
            kind.append(config_, origin_.place(item));
            if (!store(value[i], SectionKey{}, key, item))
                fault(item, "is " + shown(value[i]) + ", must be " + allowed(SectionKey{}));
        }
        return true;
    }

    bool store(const Json& value, const TextOrSectionKey& kind, const ConfigKey& key,
               const std::string& pointer) {
        return value.is_object() ? store(value, SectionKey{}, key, pointer)
                                 : store(value, kind.text, key, pointer);
    }

    bool store(const Json& value, const SectionOrFalseKey& kind, const ConfigKey& key,
               const std::string& pointer) {
        kind.at(config_) = value.is_object();
        return value == false || store(value, SectionKey{}, key, pointer);
    }

    bool store(const Json& value, const SectionKey& kind, const ConfigKey& section,
               const std::string& pointer) {
        if (!value.is_object()) return false;
        if (kind.open != nullptr) kind.open(config_);
        for (const auto& [name, child] : value.items()) {
            const ConfigKey* const key = find_config_key(section.pointer, name);
            const std::string below = json_pointer(pointer, name);
            if (key != nullptr) {
                read(child, *key, below);
            } else {
                const std::string_view nearest = nearest_config_key(section.pointer, name);
                fault(below,
                      "unknown key; the nearest known key is \"" + std::string{nearest} + "\"");
            }
        }
        for (const ConfigKey& key : config_keys()) {
            if (key.required && config_key_section(key.pointer) == section.pointer &&
                !value.contains(config_key_name(key.pointer))) {
                fault(json_pointer(pointer, config_key_name(key.pointer)),
                      "missing, must be " + allowed(key));
            }
            if (!key.needs.empty() && config_key_section(key.pointer) == section.pointer &&
                value.contains(config_key_name(key.pointer)) && !value.contains(key.needs)) {
                fault(json_pointer(pointer, config_key_name(key.pointer)),
                      "needs " + std::string{key.needs} + " beside it");
            }
        }
        return true;
    }

    const ConfigOrigin& origin_;
    Config& config_;
    std::vector<std::string>& faults_;
    bool of_environment_ = false;  // the text that is judged: no fault may show it
};

}  // namespace

void read_config_value(const Json& value, const ConfigOrigin& origin, Config& config,
                       std::vector<std::string>& faults) {
    Reader{origin, config, faults}.read(value, *find_config_key(""), "");
}

}  // namespace grove::http
