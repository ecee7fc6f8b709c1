// A-063: texts of a configuration that refer to the environment.
#include "environment_text.h"

#include <map>
#include <optional>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace grove::http {
namespace {

using testing::HasSubstr;

std::optional<std::string> made_up(const std::string& name) {
    static const std::map<std::string, std::string> all{
        {"PORT", "8000"},    {"_a1", "under"},          {"EMPTY", ""},
        {"TRAP", "${PORT}"}, {"QUOTE", R"(", "x": ")"}, {"LATIN", "\xfc"}};
    const auto found = all.find(name);
    return found == all.end() ? std::nullopt : std::optional{found->second};
}

TEST(EnvironmentText, ReplacesEachReferenceWhereverItStands) {
    struct Row {
        const char* text;
        const char* becomes;
    };
    const Row rows[] = {{"", ""},
                        {"plain $PORT $ {PORT} }", "plain $PORT $ {PORT} }"},
                        {"${PORT}", "8000"},
                        {":${PORT}", ":8000"},
                        {"a${PORT}b${_a1}c", "a8000bunderc"},
                        {"${EMPTY}", ""},
                        {"${PORT:-1}", "8000"},
                        {"${EMPTY:-1}", "1"},
                        {"${NONE:-1}", "1"},
                        {"${NONE:-}", ""},
                        {"${NONE:-a b:-$c}", "a b:-$c"},
                        {"$${PORT}", "${PORT}"},
                        {"$$${PORT}", "$${PORT}"},
                        {"$${", "${"},
                        {"$${${PORT}", "${8000"},
                        {"$", "$"},
                        {"$$", "$$"},
                        {"${TRAP}", "${PORT}"},
                        {"${QUOTE}", R"(", "x": ")"}};
    for (const Row& row : rows) EXPECT_EQ(with_environment(row.text, made_up), row.becomes);
}

TEST(EnvironmentText, SaysWhatIsWrongWithAReference) {
    struct Row {
        const char* text;
        const char* says;
    };
    const Row rows[] = {
        {"x${NONE}", "the environment has no NONE: set it, or give a default: ${NONE:-default}"},
        {"${NONE:-1}${NONE}", "the environment has no NONE"},
        {"${PORT", "\"${PORT\" has no \"}\""},
        {"${", "has no \"}\""},
        {"${}", "\"${}\" is not a reference"},
        {"${:-1}", "is not a reference"},
        {"${1A}", "is not a reference"},
        {"${A-B}", "is not a reference"},
        {"${A:B}", "is not a reference"},
        {"${A B:-1}", "is not a reference"},
        {"${${PORT}}", "\"${${PORT}\" is not a reference"},
        {"${LATIN}", "the environment's LATIN must be UTF-8"}};
    for (const Row& row : rows) {
        try {
            (void)with_environment(row.text, made_up);
            ADD_FAILURE() << row.text << " was taken";
        } catch (const std::invalid_argument& error) {
            EXPECT_THAT(error.what(), HasSubstr(row.says)) << row.text;
        }
    }
}

TEST(EnvironmentText, IsLookedForByItsBegin) {
    EXPECT_TRUE(refers_to_environment("a${"));
    EXPECT_TRUE(refers_to_environment("$${"));
    EXPECT_FALSE(refers_to_environment("$PORT {}"));
}

}  // namespace
}  // namespace grove::http
