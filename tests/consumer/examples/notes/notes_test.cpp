// Calls the application in process: no port is taken. Ends with 0 if all holds. NOTES_DATABASE has
// the tables of schema.sql, and the users ada and bob.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

#include <unistd.h>

#include <nlohmann/json.hpp>

#include <grove/testing.h>

#include "notes_app.h"

using namespace grove::http;
using Json = nlohmann::json;

namespace {

int failures = 0;

void expect(const char* what, bool holds) {
    if (holds) return;
    ++failures;
    std::printf("fails: %s\n", what);
}

void expect(const char* what, const TestAnswer& answer, int status) {
    if (answer.status == status) return;
    ++failures;
    std::printf("%s: %d wanted, got %d %s\n", what, status, answer.status, answer.body.c_str());
    for (const std::string& line : answer.errors) std::printf("    %s\n", line.c_str());
}

// A browser, and the token that its page has.
class Browser {
public:
    explicit Browser(const Application& application) : client_{application} {
        learn(client_.get("/session"));
    }
    TestAnswer get(const std::string& target) { return client_.get(target); }
    TestAnswer send(const std::string& method, const std::string& target, Headers headers = {},
                    const std::string& body = "") {
        headers.emplace_back("X-CSRF-Token", token_);
        return client_.send(
            {.method = method, .target = target, .headers = std::move(headers), .body = body});
    }
    TestAnswer log_in(const std::string& name, const std::string& password) {
        return learn(
            send("POST", "/session", {}, Json{{"name", name}, {"password", password}}.dump()));
    }
    TestAnswer write(const std::string& text, const std::string& file = "") {
        std::string body =
            "--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n" + text + "\r\n";
        body +=
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a b.txt\"\r\n\r\n" +
            file + "\r\n--b--\r\n";
        return send("POST", "/notes", {{"Content-Type", "multipart/form-data; boundary=b"}}, body);
    }
    TestAnswer log_out() { return learn(send("DELETE", "/session")); }

private:
    TestAnswer learn(TestAnswer answer) {
        if (answer.status == 200) token_ = Json::parse(answer.body).at("token");
        return answer;
    }
    TestClient client_;
    std::string token_;
};

void test_session(const Application& application) {
    Browser browser{application};
    expect("the session without a log-in",
           browser.get("/session").body.find(R"("user":null)") != std::string::npos);
    for (const char* target : {"/notes", "/notes/1/file", "/events"})
        expect(target, browser.get(target), 401);
    expect("a note of nobody", browser.write("text"), 401);
    expect("a wrong password", browser.log_in("ada", "wrong"), 401);
    expect("an unknown name", browser.log_in("eve", "correct horse"), 401);
    expect("no JSON", browser.send("POST", "/session", {}, "nonsense"), 400);
    expect("a name with a NUL", browser.log_in(std::string("a\0", 2), ""), 400);

    const TestAnswer answer = browser.log_in("ada", "correct horse");
    expect("a log-in", answer, 200);
    expect("its name", Json::parse(answer.body).at("user") == "ada");
    expect("notes after it", browser.get("/notes"), 200);
    expect("a log-out", browser.log_out(), 200);
    expect("notes after that", browser.get("/notes"), 401);
}

void test_notes(const Application& application, const std::filesystem::path& files) {
    Browser ada{application};
    Browser bob{application};
    expect("ada's log-in", ada.log_in("ada", "correct horse"), 200);
    expect("bob's log-in", bob.log_in("bob", "correct horse"), 200);

    const TestAnswer written = ada.write("<b>\xc3\xa9", "content");
    expect("a note", written, 201);
    const std::string note =
        "/notes/" + std::to_string(Json::parse(written.body).at("id").get<int>());
    const Json listed = Json::parse(ada.get("/notes").body);
    expect("the list has it", listed.size() == 1 && listed[0]["text"] == "<b>\xc3\xa9" &&
                                  listed[0]["file"] == "a b.txt");
    const TestAnswer file = ada.get(note + "/file");
    expect("its file", file, 200);
    expect("the file's content", file.body == "content");
    expect("the file is not shown",
           file.header("content-disposition") == "attachment; filename*=UTF-8''a%20b.txt");

    expect("bob's list", bob.get("/notes").body == "[]");
    expect("ada's file for bob", bob.get(note + "/file"), 404);
    expect("ada's note removed by bob", bob.send("DELETE", note), 404);
    expect("no text", ada.write("", "content"), 400);
    expect("bytes that are no text", ada.write("\xff", "content"), 400);
    expect("too much text", ada.write(std::string(10'001, 'a'), "content"), 413);
    expect("too large a file", ada.write("large", std::string((10U << 20U) + 1, 'a')), 413);
    expect("what was refused leaves no file",
           std::distance(std::filesystem::directory_iterator{files}, {}) == 1);
    expect("the stream's first event",
           ada.get("/events").body.find("data: changed\n\n") != std::string::npos);

    expect("a note removed", ada.send("DELETE", note), 204);
    expect("a note removed twice", ada.send("DELETE", note), 404);
    expect("the file goes with its note", std::filesystem::is_empty(files));
}

void test_protection(const Application& application) {
    TestClient client{application};
    expect("without a token", client.post("/session", "{}"), 403);
    expect("another site's page",
           Browser{application}.send("POST", "/session", {{"Origin", "https://b.test"}}), 403);

    const Headers asked{{"Origin", "https://a.test"}, {"Access-Control-Request-Method", "DELETE"}};
    const TestAnswer preflight =
        client.send({.method = "OPTIONS", .target = "/notes/1", .headers = asked});
    expect("a preflight", preflight, 204);
    expect("its origin", preflight.header("access-control-allow-origin") == "https://a.test");

    Browser guesser{application};
    int last = 0;
    for (int guess = 0; guess != 10 && last != 429; ++guess)
        last = guesser.log_in("ada", "guess").status;
    expect("guesses come to an end", last == 429);
}

}  // namespace

int main() {
    const char* const database = std::getenv("NOTES_DATABASE");
    const auto files =
        std::filesystem::temp_directory_path() / ("notes-" + std::to_string(getpid()));
    const Json config{{"database", database == nullptr ? "dbname=notes" : database},
                      {"keys", {std::string(32, 'k')}},
                      {"files", files.string()},
                      {"origins", {"https://a.test"}}};
    // Each has an application of its own, which has counted no guesses.
    test_session(make_notes(config.dump()));
    test_notes(make_notes(config.dump()), files);
    test_protection(make_notes(config.dump()));
    std::filesystem::remove_all(files);

    if (failures == 0) std::puts("notes: all as it should be");
    return failures == 0 ? 0 : 1;
}
