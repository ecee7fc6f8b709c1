// Answers of static with a file that it keeps in memory: all of them, and those to HEAD, have the one text.
#include <fstream>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include <grove/http/middleware.h>
#include <grove/testing.h>

#include "plugin_loader.h"
#include "temporary_folder.h"

namespace grove::test {
namespace {

using Shared = std::shared_ptr<const std::string>;

TEST(StaticShared, AKeptFileIsOneTextInAllAnswers) {  // O-063, O-086
    const TemporaryFolder folder;
    const std::string content(60000, 'x');
    std::ofstream{folder.path() / "file"} << content;
    std::vector<Shared> texts;
    const http::Middleware watch = [&](http::Application inner) {
        return [&, inner](http::Environ& environ, http::StartResponse& start_response) {
            http::Body body = inner(environ, start_response);
            const auto* const text = std::get_if<Shared>(&body.content());
            texts.push_back(text != nullptr ? *text : nullptr);
            return body;
        };
    };
    http::PluginLoader loader{{GROVE_TEST_APPS}};
    const std::string config = R"({"cache": 3600, "root": ")" + folder.path().string() + R"("})";
    http::TestClient client{http::chain(loader.load("static").create(config), {watch})};

    EXPECT_EQ(client.get("/file").body, content);
    EXPECT_EQ(client.get("/file").body, content);
    const http::TestAnswer head = client.send({.method = "HEAD", .target = "/file"});

    EXPECT_EQ(head.body, "");
    EXPECT_EQ(head.header("Content-Length"), "60000");
    ASSERT_EQ(texts.size(), 3U);
    ASSERT_NE(texts[0], nullptr);
    EXPECT_EQ(texts[1], texts[0]);
    EXPECT_EQ(texts[2], texts[0]) << "HEAD";
    EXPECT_EQ(*texts[0], content) << "it is as it was";
}

}  // namespace
}  // namespace grove::test
