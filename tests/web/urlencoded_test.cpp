// Queries and forms.
#include "urlencoded.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/http/http_error.h>

namespace grove::web {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct FormRow {
    const char* text;
    std::vector<Fields::Field> fields;
};

const std::vector<FormRow>& good_forms() {
    static const std::vector<FormRow> rows{
        {"", {}},
        {"&&", {}},
        {"a=1", {{"a", "1"}}},
        {"a=1&b=2&a=3", {{"a", "1"}, {"b", "2"}, {"a", "3"}}},
        {"a", {{"a", ""}}},
        {"a=", {{"a", ""}}},
        {"=", {{"", ""}}},
        {"=b", {{"", "b"}}},
        {"a=b=c", {{"a", "b=c"}}},
        {"a+b=c+d", {{"a b", "c d"}}},
        {"a%2Bb=%26%3D", {{"a+b", "&="}}},
        {"n=%C3%A9", {{"n", "\xc3\xa9"}}},
        {"a;b=1", {{"a;b", "1"}}},
    };
    return rows;
}

TEST(Urlencoded, HasItsFieldsDecodedInTheirOrder) {
    for (const FormRow& row : good_forms()) {
        const Fields fields = parse_urlencoded(row.text);
        EXPECT_EQ((std::vector<Fields::Field>{fields.begin(), fields.end()}), row.fields)
            << row.text;
    }
}

TEST(Urlencoded, HasTheSameFieldsWhenOneIsAskedFor) {
    for (const FormRow& row : good_forms()) {
        const Fields fields{row.fields};
        for (const auto& [name, value] : row.fields) {
            EXPECT_EQ(find_urlencoded(row.text, name), fields.get(name)) << row.text;
            EXPECT_EQ(find_all_urlencoded(row.text, name), fields.get_all(name)) << row.text;
        }
        EXPECT_EQ(find_urlencoded(row.text, "absent"), std::nullopt) << row.text;
    }
}

int refused_with(const std::string& text) {
    try {
        const Fields fields = parse_urlencoded(text);
        return 0;
    } catch (const http::HttpError& error) {
        return error.status();
    }
}

TEST(Urlencoded, IsRefusedWithABrokenEscape) {
    for (const char* text : {"a=%zz", "%=1", "a=%4", "a=1&b=%"}) EXPECT_EQ(refused_with(text), 400);
    EXPECT_THROW((void)find_urlencoded("a=%zz", "a"), http::HttpError);
    EXPECT_EQ(find_urlencoded("b=1&a=%zz", "b"), "1");
}

TEST(Urlencoded, HasAThousandFields) {
    std::string text = "a=1";
    for (int more = 1; more < 1000; ++more) text += "&a=1";
    EXPECT_EQ(parse_urlencoded(text).size(), 1000U);
    EXPECT_EQ(refused_with(text + "&a=1"), 413);
}

TEST(Fields, GivesTheFirstOfANameAndAll) {
    const Fields fields{{{"a", "1"}, {"b", "2"}, {"a", "3"}}};

    EXPECT_EQ(fields.get("a"), "1");
    EXPECT_THAT(fields.get_all("a"), ElementsAre("1", "3"));
    EXPECT_EQ(fields.get("A"), std::nullopt);
    EXPECT_THAT(fields.get_all("A"), IsEmpty());
    EXPECT_EQ(fields.size(), 3U);
    EXPECT_TRUE(Fields{}.empty());
}

}  // namespace
}  // namespace grove::web
