// Errors that are answers, as text or as JSON.
#include "error_answer.h"

#include <string>
#include <variant>

#include <gtest/gtest.h>

#include "accept.h"

namespace grove::web {
namespace {

TEST(Accept, PrefersJsonIfItIsWeightiestOrFirst) {
    struct Row {
        const char* accept;
        bool json;
    };
    const Row rows[] = {
        {"", false},
        {"*/*", false},
        {"application/json", true},
        {"Application/JSON", true},
        {"application/problem+json", true},
        {"+json", false},
        {"application/json, text/html", true},
        {"text/html, application/json", false},
        {"text/html;q=0.5, application/json", true},
        {"text/html;q=0.9, application/json;q=0.8", false},
        {"text/html;q=0.899, application/json;q=0.9", true},
        {"application/json;q=0", false},
        {"application/json;q=0, */*", false},
        {"application/json;charset=utf-8;q=0.4, text/plain; q=0.3", true},
        {"application/json;q=x", false},
        {"application/json;q=2", false},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false},
    };
    for (const Row& row : rows) EXPECT_EQ(prefers_json(row.accept), row.json) << row.accept;
}

std::string body_of(Response response) { return std::get<std::string>(response.body.content()); }

TEST(ErrorAnswer, IsTextOrJson) {
    const http::HttpError error{404, "no \"note\"\n\\ \xc3\xa9 \xff", {{"X-A", "b"}}};

    Response text = answer_of(error, "*/*");
    EXPECT_EQ(text.status, 404);
    EXPECT_EQ(*http::find(text.headers, "content-type"), "text/plain; charset=utf-8");
    EXPECT_EQ(*http::find(text.headers, "x-a"), "b");
    EXPECT_EQ(body_of(std::move(text)), error.what());

    Response json = answer_of(error, "application/json");
    EXPECT_EQ(json.status, 404);
    EXPECT_EQ(*http::find(json.headers, "content-type"), "application/json");
    EXPECT_EQ(*http::find(json.headers, "x-a"), "b");
    EXPECT_EQ(body_of(std::move(json)),
              "{\"status\": 404, \"error\": \"no \\\"note\\\"\\u000a\\\\ \xc3\xa9 \\ufffd\"}\n");
}

TEST(ErrorAnswer, KeepsATypeOfItsOwn) {
    Response answer =
        answer_of({422, "<p>no</p>", {{"Content-Type", "text/html"}}}, "application/json");

    EXPECT_EQ(answer.headers.size(), 1U);
    EXPECT_EQ(body_of(std::move(answer)), "<p>no</p>");
    EXPECT_EQ(body_of(answer_of(http::HttpError{304}, "")), "");
}

}  // namespace
}  // namespace grove::web
