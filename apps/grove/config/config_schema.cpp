#include "config_schema.h"

#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "config.h"
#include "config_key_search.h"
#include "config_keys.h"

namespace grove::http {
namespace {

using Json = nlohmann::ordered_json;

template <class Kind>
Json words_of(const Kind& kind) {
    Json all = Json::array();
    for (const auto& one : kind.words) all.push_back(one.word);
    return all;
}

Json number_of(double value) {
    const auto whole = static_cast<std::int64_t>(value);
    return static_cast<double>(whole) == value ? Json(whole) : Json(value);
}

// A text that refers to the environment may become any value. Only the reader knows.
constexpr std::string_view kReference = R"(\$\{)";

Json or_reference(Json schema) {
    const Json reference{{"type", "string"}, {"pattern", kReference}};
    if (!schema.contains("anyOf")) return {{"anyOf", {std::move(schema), reference}}};
    schema["anyOf"].push_back(reference);
    return schema;
}

// Walks the table from a section to what is in it. The accessors of the keys in a list mean its last
// item, so a Config goes along in which each list and section on the way has one.
class Writer {
public:
    Json schema(const ConfigKey& key) {
        Json written{{"description", key.help}};
        written.update(std::visit([&](const auto& kind) { return of(kind, key); }, key.value));
        if (Json value =
                std::visit([&](const auto& kind) { return default_of(kind, key); }, key.value);
            !value.is_discarded())
            written["default"] = std::move(value);
        return written;
    }

private:
    static Json none() { return Json(Json::value_t::discarded); }

    Json of(const CountKey& kind, const ConfigKey&) {
        Json number{{"type", "integer"}, {"minimum", kind.least}, {"maximum", kind.most}};
        if (kind.null_value) number["type"] = {"integer", "null"};
        if (kind.word.empty()) return or_reference(std::move(number));
        return or_reference({{"anyOf", {std::move(number), {{"const", kind.word}}}}});
    }

    Json of(const SecondsKey& kind, const ConfigKey&) {
        return or_reference({{"type", {"number", "null"}},
                             {kind.may_be_none ? "minimum" : "exclusiveMinimum", 0},
                             {"maximum", kMostSeconds}});
    }

    Json of(const OwnCountKey& kind, const ConfigKey&) {
        return or_reference(
            {{"type", {"integer", "null"}}, {"minimum", 0}, {"maximum", kind.most}});
    }

    Json of(const OwnSecondsKey&, const ConfigKey& key) { return of(SecondsKey{nullptr}, key); }

    Json of(const NumberKey& kind, const ConfigKey&) {
        return or_reference({{"type", "number"},
                             {"minimum", number_of(kind.least)},
                             {"maximum", number_of(kind.most)}});
    }

    Json of(const BoolKey&, const ConfigKey&) { return or_reference({{"type", "boolean"}}); }

    Json of(const TextKey& kind, const ConfigKey&) {
        Json type = "string";
        if (kind.may_be_null) type = {"string", "null"};
        std::string pattern{kind.pattern};
        if (kind.pattern != kAnyText) pattern += "|" + std::string{kReference};
        return {{"type", std::move(type)}, {"pattern", std::move(pattern)}};
    }

    Json of(const TextsKey& kind, const ConfigKey& key) {
        Json one = of(kind.text, key);
        Json several{{"type", "array"}, {"minItems", 1}, {"items", one}};
        return {{"anyOf", {std::move(one), std::move(several)}}};
    }

    template <class Value>
    Json of(const ChoiceKey<Value>& kind, const ConfigKey&) {
        return or_reference({{"enum", words_of(kind)}});
    }

    template <class Value>
    Json of(const SwitchKey<Value>& kind, const ConfigKey&) {
        return or_reference({{"anyOf", {{{"type", "boolean"}}, {{"enum", words_of(kind)}}}}});
    }

    Json of(const JsonKey&, const ConfigKey&) { return {{"type", "object"}}; }

    Json of(const SectionKey& kind, const ConfigKey& section) {
        if (kind.open != nullptr) kind.open(config_);
        Json written{{"type", "object"}, {"properties", Json::object()}};
        for (const ConfigKey& key : config_keys()) {
            if (key.pointer.empty() || config_key_section(key.pointer) != section.pointer) continue;
            const std::string name{config_key_name(key.pointer)};
            written["properties"][name] = schema(key);
            if (key.required) written["required"].push_back(name);
            if (!key.needs.empty()) written["dependencies"][name] = Json::array({key.needs});
        }
        written["additionalProperties"] = false;
        return written;
    }

    Json of(const SectionsKey& kind, const ConfigKey& key) {
        kind.append(config_, "");
        Json one = of(SectionKey{}, key);
        Json several{{"type", "array"}, {"minItems", 1}, {"items", one}};
        return {{"anyOf", {std::move(several), std::move(one)}}};
    }

    Json of(const TextOrSectionKey& kind, const ConfigKey& key) {
        return {{"anyOf", {of(kind.text, key), of(SectionKey{}, key)}}};
    }

    Json of(const SectionOrFalseKey&, const ConfigKey& key) {
        return or_reference({{"anyOf", {{{"const", false}}, of(SectionKey{}, key)}}});
    }

    Json of(const ListKey& kind, const ConfigKey& list) {
        Config outside = config_;
        kind.append(config_, "");
        Json written{{"type", "array"}};
        if (!kind.may_be_empty) written["minItems"] = 1;
        written["items"] = schema(child_of(list));
        config_ = std::move(outside);
        return written;
    }

    Json of(const MapKey& kind, const ConfigKey& map) {
        kind.append(config_, "name");
        return {{"type", "object"},
                {"propertyNames", {{"pattern", kind.pattern}}},
                {"additionalProperties", schema(child_of(map))}};
    }

    // What the key has where it is left out; discarded: nothing.

    Json default_of(const CountKey& kind, const ConfigKey&) {
        const std::size_t value = kind.at(config_);
        if (kind.null_value && value == *kind.null_value && value < kind.least) return nullptr;
        if (kind.null_value && value == *kind.null_value && value > kind.most) return nullptr;
        if (!kind.word.empty() && value == kind.word_value) return kind.word;
        return value < kind.least ? none() : Json(value);
    }

    Json default_of(const NumberKey&, const ConfigKey&) { return none(); }
    Json default_of(const OwnCountKey&, const ConfigKey&) { return none(); }
    Json default_of(const OwnSecondsKey&, const ConfigKey&) { return none(); }
    Json default_of(const TextsKey&, const ConfigKey&) { return none(); }

    Json default_of(const SecondsKey& kind, const ConfigKey&) {
        const Timespan& value = kind.at(config_);
        return value ? number_of(std::chrono::duration<double>{*value}.count()) : Json(nullptr);
    }

    Json default_of(const BoolKey& kind, const ConfigKey&) { return kind.at(config_); }
    Json default_of(const TextKey& kind, const ConfigKey&) {
        const std::string& value = kind.at(config_);
        if (!kind.may_be_null) return text(value);
        return value.empty() ? Json(nullptr) : none();
    }
    template <class Value>
    Json default_of(const ChoiceKey<Value>& kind, const ConfigKey&) {
        for (const ConfigWord<Value>& one : kind.words) {
            if (one.value == kind.at(config_)) return one.word;
        }
        return none();
    }
    template <class Value>
    Json default_of(const SwitchKey<Value>&, const ConfigKey&) {
        return false;
    }
    Json default_of(const JsonKey& kind, const ConfigKey&) { return Json::parse(kind.at(config_)); }
    Json default_of(const SectionKey&, const ConfigKey&) { return none(); }
    Json default_of(const SectionsKey&, const ConfigKey&) { return none(); }
    Json default_of(const TextOrSectionKey& kind, const ConfigKey&) {
        return text(kind.text.at(config_));
    }
    Json default_of(const SectionOrFalseKey& kind, const ConfigKey&) {
        return kind.at(config_) ? none() : Json(false);
    }
    Json default_of(const MapKey&, const ConfigKey&) { return none(); }

    // Of the lists only one is not empty, and has one item.
    Json default_of(const ListKey& kind, const ConfigKey& list) {
        if (kind.empty(config_)) return kind.may_be_empty ? Json(Json::array()) : none();
        const ConfigKey& item = child_of(list);
        Json value = std::visit([&](const auto& own) { return default_of(own, item); }, item.value);
        return Json::array({std::move(value)});
    }

    static Json text(const std::string& value) { return value.empty() ? none() : Json(value); }

    static const ConfigKey& child_of(const ConfigKey& parent) {
        return *find_config_key(std::string{parent.pointer} + "/*");
    }

    Config config_;
};

}  // namespace

std::string config_schema() {
    Json schema{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "grove.json"}};
    schema.update(Writer{}.schema(*find_config_key("")));
    schema["required"] = Json::array({"apps"});  // in a file that no flag helps out
    return schema.dump(2) + "\n";
}

}  // namespace grove::http
