// conf/grove.json, held to the table of keys.
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "config_key_search.h"
#include "config_keys.h"
#include "config_schema.h"
#include "read_config.h"
#include "temporary_folder.h"

namespace grove::http {
namespace {

using nlohmann::json;

std::string shipped() {
    std::ostringstream text;
    text << std::ifstream{GROVE_TEST_CONF "/grove.json"}.rdbuf();
    return text.str();
}

// With the lines that are commented out, which begin as JSON does: prose does not.
std::string with_all_keys(const std::string& text) {
    std::istringstream in{text};
    std::string all;
    for (std::string line; std::getline(in, line);) {
        const std::size_t slashes = line.find("//");
        const std::size_t first =
            slashes == line.npos ? slashes : line.find_first_not_of(' ', slashes + 2);
        const bool out = slashes == line.find_first_not_of(' ') && first != line.npos &&
                         std::string{"\"{}]"}.find(line[first]) != std::string::npos;
        all += (out ? line.substr(slashes + 2) : line) + '\n';
    }
    return all;
}

json parsed(const std::string& text) { return json::parse(text, nullptr, true, true); }

// The pointers of all that is in it, as the table has them.
void add_keys(const json& value, const std::string& pointer, std::vector<std::string>& keys) {
    const ConfigKey* const key = find_config_key(pointer);
    keys.push_back(pointer);
    if (key == nullptr || !value.is_structured() || std::holds_alternative<JsonKey>(key->value))
        return;
    for (const auto& [name, child] : value.items()) {
        const bool any = find_config_key(pointer + "/*") != nullptr;
        add_keys(child, pointer + "/" + (any ? "*" : name), keys);
    }
}

// Of what may be something else in its place.
const json& object_of(const json& schema) {
    if (!schema.contains("anyOf")) return schema;
    for (const json& one : schema.at("anyOf")) {
        if (one.contains("anyOf") || one.contains("properties")) return object_of(one);
    }
    return schema;
}

void expect_defaults(const json& value, const json& schema, const std::string& pointer) {
    if (schema.contains("default")) {
        EXPECT_EQ(value, schema.at("default")) << pointer;
        return;
    }
    ASSERT_TRUE(value.is_object()) << pointer << " has no default, and must not be active";
    const json& properties = object_of(schema).at("properties");
    for (const auto& [name, child] : value.items())
        expect_defaults(child, properties.at(name), pointer + "/" + name);
}

TEST(ShippedConfiguration, ShowsEveryKeyOfTheTable) {
    std::vector<std::string> shown;
    add_keys(parsed(with_all_keys(shipped())), "", shown);
    for (const ConfigKey& key : config_keys())
        EXPECT_THAT(shown, testing::Contains(std::string{key.pointer}));
    for (const std::string& key : shown) EXPECT_NE(find_config_key(key), nullptr) << key;
}

TEST(ShippedConfiguration, IsGoodWithAllThatIsCommentedOutToo) {
    const TemporaryFolder folder;
    std::ofstream{folder.path() / "grove.json"} << with_all_keys(shipped());
    ::setenv("ADMIN_TOKEN", "secret", 1);
    EXPECT_NO_THROW(read_config(folder.path() / "grove.json"));
    ::unsetenv("ADMIN_TOKEN");
}

TEST(ShippedConfiguration, HasTheDefaultsButForItsApplications) {
    json value = parsed(shipped());
    value.erase("apps");
    expect_defaults(value, json::parse(config_schema()), "");
}

}  // namespace
}  // namespace grove::http
