// config_reference.cpp - conf/reference.md, from the JSON Schema that `grove schema` prints on its standard input.
#include <algorithm>
#include <iostream>
#include <limits>
#include <string>

#include <nlohmann/json.hpp>

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kReference = R"(\$\{)";  // to the environment, in place of a value

std::string code(const Json& value) { return value.is_null() ? "null" : '`' + value.dump() + '`'; }

std::string listed(const Json& values) {
    std::string text;
    for (const Json& value : values) text += (text.empty() ? "" : ", ") + code(value);
    return text;
}

bool is_of(const Json& schema, const char* type) {
    const Json own = schema.value("type", Json{});
    if (own.is_array()) return std::find(own.begin(), own.end(), type) != own.end();
    return own == type;
}

std::string range_of(const Json& schema) {
    if (schema.contains("exclusiveMinimum"))
        return std::string{" > "} + schema["exclusiveMinimum"].dump();
    constexpr auto kLargest = std::numeric_limits<int>::max();  // from there on nobody's bound
    if (schema["maximum"] >= kLargest || is_of(schema, "number"))
        return std::string{" ≥ "} + schema["minimum"].dump();
    return std::string{" "} + schema["minimum"].dump() + "–" + schema["maximum"].dump();
}

// What may stand there, in words.
std::string value_of(const Json& schema) {
    if (schema.contains("enum")) return listed(schema["enum"]);
    if (schema.contains("const")) return code(schema["const"]);
    if (schema.contains("anyOf")) {
        std::string text;
        for (const Json& one : schema["anyOf"]) {
            if (one.value("pattern", "") == kReference) continue;  // said of all at the top
            text += (text.empty() ? "" : " or ") + value_of(one);
        }
        return text;
    }
    if (is_of(schema, "array")) return "list";
    if (is_of(schema, "object")) return "object";
    if (is_of(schema, "boolean")) return "true or false";
    if (is_of(schema, "string")) return is_of(schema, "null") ? "text, or null" : "text";
    const std::string number = (is_of(schema, "integer") ? "integer" : "number") + range_of(schema);
    return number + (is_of(schema, "null") ? ", or null" : "");
}

void write_object(const Json& schema, const std::string& prefix);

// The rows of what lies within `schema`, which is called `key`.
void write_inside(const Json& schema, const std::string& key) {
    if (schema.contains("items")) {
        const Json& item = schema["items"];
        std::cout << "| `" << key << "[]` | " << value_of(item) << " | | "
                  << item.value("description", "") << " |\n";
        write_inside(item, key + "[]");
    } else if (schema.contains("anyOf")) {
        const Json& kinds = schema["anyOf"];
        for (const Json& one : kinds) {
            const bool of_another =
                std::find(kinds.begin(), kinds.end(), one.value("items", Json{})) != kinds.end();
            if (!of_another) write_inside(one, key);
        }
    } else if (schema.contains("properties")) {
        write_object(schema, key + ".");
    } else if (const Json of_any_name = schema.value("additionalProperties", Json{});
               of_any_name.is_object()) {
        std::cout << "| `" << key << ".NAME` | " << value_of(of_any_name) << " | | "
                  << of_any_name.value("description", "") << " |\n";
        write_inside(of_any_name, key + ".NAME");
    }
}

void write_object(const Json& schema, const std::string& prefix) {
    const Json required = schema.value("required", Json::array());
    for (const auto& [name, property] : schema["properties"].items()) {
        const bool must = std::find(required.begin(), required.end(), name) != required.end();
        std::string standard = must ? "required" : "";
        if (property.contains("default")) standard = code(property["default"]);
        std::cout << "| `" << prefix << name << "` | " << value_of(property) << " | " << standard
                  << " | " << property.value("description", "") << " |\n";
        write_inside(property, prefix + name);
    }
}

}  // namespace

int main() {
    const Json schema = Json::parse(std::cin);
    std::cout
        << "# Every key of the configuration\n"
           "\n"
           "The configuration is one JSON file. Comments are allowed; unknown and repeated keys "
           "are faults. `grove check FILE` names\n"
           "all faults. You may leave out each key that is not required. Times are in seconds and "
           "may be fractions; null means no\n"
           "bound. Relative paths start from the file's folder. `grove schema` prints this table "
           "as JSON Schema, for editors and\n"
           "validators. A text may refer to the environment that grove was started with: "
           "`${NAME}`, or `${NAME:-default}` if the\n"
           "variable may be unset or empty. `\"workers\": \"${WORKERS:-2}\"` becomes a number; in "
           "an application's `config` texts stay\n"
           "texts. `$${` is a literal `${`.\n"
           "For what happens when a limit is reached, see [guarantees](../http/guarantees.md).\n"
           "\n"
           "| key | value | default | what it is |\n"
           "|---|---|---|---|\n";
    write_object(schema, "");
}
