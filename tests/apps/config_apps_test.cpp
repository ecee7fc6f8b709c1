// What an application's entry says of its own requests. A-030
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config.h"
#include "config_error.h"
#include "read_config.h"
#include "temporary_folder.h"

namespace grove::http {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Pair;

class AppEntry : public testing::Test {
protected:
    /// @param members  of its one application, beside "app", each with a comma before it
    AppConfig read_app(const std::string& members) const {
        const std::filesystem::path file = folder_.path() / "grove.json";
        std::ofstream{file} << R"({"apps": [{"app": "hello")" << members << "}]}";
        return read_config(file).apps.at(0);
    }

    TemporaryFolder folder_;
};

TEST_F(AppEntry, HasNothingOfItsOwnUnlessItSaysSo) {  // A-030
    const AppConfig app = read_app("");
    EXPECT_EQ(app.own, MountOptions{});
    EXPECT_EQ(app.pool, 0U);
}

TEST_F(AppEntry, MayHaveTermsOfItsOwn) {  // A-030
    const AppConfig app = read_app(R"(,
        "timeouts": {"request": 2.5, "body": null, "write": 7}, "limits": {"body": 1073741824, "body_rate": null},
        "pool": 2, "methods": ["GET", "QUERY"], "headers": {"X-A": "b", "Link": ["c", "d"], "X-E": "f"})");
    EXPECT_EQ(app.own.timeouts.request, Timespan{2500ms});
    EXPECT_EQ(app.own.timeouts.body, std::optional<Timespan>{Timespan{}}) << "no bound";
    EXPECT_EQ(app.own.timeouts.write, Timespan{7s});
    EXPECT_EQ(app.own.limits.body, 1073741824U);
    EXPECT_EQ(app.own.limits.body_rate, 0U);
    EXPECT_EQ(app.pool, 2U);
    EXPECT_THAT(app.own.methods, ElementsAre("GET", "QUERY"));
    EXPECT_THAT(app.own.headers, ElementsAre(Pair("X-A", "b"), Pair("Link", "c"), Pair("Link", "d"),
                                             Pair("X-E", "f")));
    EXPECT_EQ(read_app(R"(, "limits": {"body": null})").own.limits.body, Limits::kUnbounded);
    EXPECT_EQ(read_app(R"(, "limits": {"body": 0})").own.timeouts, OwnTimeouts{});
    EXPECT_EQ(read_app(R"(, "pool": null)").pool, 0U);
}

TEST_F(AppEntry, IsToldWhatIsWrongWithThem) {  // A-030
    const struct {
        std::string members;
        std::string fault;
    } rows[] = {
        {R"("limits": {"body": -1})",
         "/limits/body: is -1, must be a whole number from 0 to 9007199254740992, or null"},
        {R"("limits": {"bodies": 1})",
         "/limits/bodies: unknown key; the nearest known key is \"body\""},
        {R"("timeouts": {"write": 0})",
         "/timeouts/write: is 0, must be a number of seconds > 0 and at most 1000000000, or null"},
        {R"("timeouts": {"requests": 1})",
         "/timeouts/requests: unknown key; the nearest known key is \"request\""},
        {R"("pool": 0)", "/pool: is 0, must be a whole number from 1 to 2147483647, or null"},
        {R"("methods": [])", "/methods: is an empty list, must be a list of one item or more"},
        {R"("methods": ["GET", "post"])", "/methods/1: is \"post\", must be a method in capitals"},
        {R"("methods": ["A B"])", "/methods/0: is \"A B\", must be a method in capitals"},
        {R"("methods": ["CONNECT"])", "/methods/0: CONNECT is for proxies alone"},
        {R"("methods": [1])", "/methods/0: is 1, must be a method in capitals, and not CONNECT"},
        {R"("headers": ["A"])",
         "/headers: is a list, must be an object with names of headers for its keys"},
        {R"("headers": {"a b": "c"})", "/headers/a b: a field's name must be a token"},
        {R"("headers": {"Content-Length": "1"})",
         "/headers/Content-Length: that field is the server's to set"},
        {R"("headers": {"A": "b", "a": "c"})",
         "/headers/a: is the header \"A\" again, must be given once"},
        {R"("headers": {"A": "b\r\nC: d"})", "/headers/A: must be printable ASCII"},
        {R"("headers": {"A": ["b", 1]})", "/headers/A/1: is 1, must be a text of printable ASCII"},
        {R"("headers": {"A": []})",
         "/headers/A: is an empty list, must be a text of printable ASCII, or a list of them"},
    };
    const std::string place = (folder_.path() / "grove.json").string() + ": /apps/0";
    for (const auto& [members, fault] : rows) {
        try {
            read_app(", " + members);
            ADD_FAILURE() << members << " was taken";
        } catch (const ConfigError& error) {
            EXPECT_THAT(error.lines(), ElementsAre(place + fault));
        }
    }
}

}  // namespace
}  // namespace grove::http
