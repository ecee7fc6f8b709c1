// Which file static answers with, and how; and that none lies outside of its root.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include <sys/stat.h>

#include <gmock/gmock.h>

#include "program.h"
#include "root_warning.h"
#include "static_site.h"

namespace grove {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using StaticFiles = StaticSite;

TEST_F(StaticFiles, AreSentWithWhatACacheWantsToKnow) {
    write("a.html", "<p>hello</p>");

    const std::string answer = get("/a.html");

    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_EQ(field(answer, "Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(field(answer, "Content-Length"), "12");
    EXPECT_EQ(field(answer, "Accept-Ranges"), "bytes");
    EXPECT_THAT(field(answer, "Last-Modified"), EndsWith(" GMT"));
    EXPECT_THAT(field(answer, "ETag"), StartsWith("\""));
    EXPECT_EQ(field(answer, "Vary"), "");
    EXPECT_EQ(body_of(answer), "<p>hello</p>");
}

TEST_F(StaticFiles, AnswerHeadWithTheHeadOfGet) {
    write("a.txt", "hello");

    const std::string head = server_.ask("HEAD /s/a.txt HTTP/1.1", "Range: bytes=0-1\r\n");

    EXPECT_EQ(status(head), 200);
    EXPECT_EQ(field(head, "Content-Length"), "5");
    EXPECT_EQ(field(head, "ETag"), field(get("/a.txt"), "ETag"));
    EXPECT_EQ(body_of(head), "");
}

TEST_F(StaticFiles, TakeGetAndHeadAlone) {
    write("a.txt", "hello");

    for (const char* const method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
        const std::string answer = server_.ask(std::string{method} + " /s/a.txt HTTP/1.1");
        EXPECT_EQ(status(answer), 405) << method;
        EXPECT_EQ(field(answer, "Allow"), "GET, HEAD") << method;
    }
    EXPECT_TRUE(fs::exists(file("a.txt")));
}

TEST_F(StaticFiles, HaveTheTypeOfTheirName) {
    const struct {
        const char* name;
        const char* type;
    } rows[] = {
        {"a.css", "text/css; charset=utf-8"},
        {"a.js", "text/javascript; charset=utf-8"},
        {"a.JPG", "image/jpeg"},
        {"a.min.json", "application/json"},
        {"a.mp4", "video/mp4"},  // of conf/mime.types
        {"a.unknown", "application/octet-stream"},
        {"css", "application/octet-stream"},
        {"d.css/file", "application/octet-stream"},
        {"a%20%C3%A4.svg", "image/svg+xml"},
    };
    write("a \xc3\xa4.svg", "x");
    for (const auto& [name, type] : rows) {
        if (std::string{name}.find('%') == std::string::npos) write(name, "x");
        const std::string answer = get(std::string{"/"} + name);
        EXPECT_EQ(status(answer), 200) << name;
        EXPECT_EQ(field(answer, "Content-Type"), type) << name;
    }
}

TEST_F(StaticFiles, OfAFolderAreItsIndex) {
    write("index.html", "root");
    write("d/index.html", "d");
    write("empty/file", "");

    EXPECT_EQ(body_of(get("/")), "root");
    EXPECT_EQ(body_of(get("/d/")), "d");
    EXPECT_EQ(field(get("/d/"), "Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(status(get("/empty/")), 404);
    EXPECT_EQ(status(get("/empty")), 404);
    fs::create_directories(file("odd/index.html"));
    EXPECT_EQ(status(get("/odd/")), 404);
}

TEST_F(StaticFiles, OfAFolderWithoutItsSlashAreElsewhere) {
    write("index.html", "root");
    write("d/index.html", "d");
    write("d \xc3\xa4\\/index.html", "d");

    const std::string answer = get("/d?a=b&c");
    EXPECT_EQ(status(answer), 301);
    EXPECT_EQ(field(answer, "Location"), "/s/d/?a=b&c");
    EXPECT_EQ(field(get("/d%20%C3%A4%5C"), "Location"), "/s/d%20%C3%A4%5C/");
    EXPECT_EQ(field(get(""), "Location"), "/s/");
}

TEST_F(StaticFiles, ThatAreHiddenAreNotThere) {  // O-084, A-066
    for (const char* const name :
         {".env", ".git/config", "d/.git/index.html", "d/a.html~", ".d/a.html"})
        write(name, "secret");
    write(".well-known/acme-challenge/token", "known");
    write(".well-known/security.txt", "known");

    const std::string absent = get("/none");
    for (const char* const path :
         {"/.env", "/%2eenv", "/.%65nv", "/.git", "/.git/", "/.git/config", "/%2Egit%2Fconfig",
          "/d/.git", "/d/.git/", "/d/a.html~", "/d/a.html%7E", "/.d/a.html"}) {
        const std::string answer = get(path);
        EXPECT_EQ(status(answer), 404) << path;
        EXPECT_EQ(body_of(answer), body_of(absent)) << path;
        EXPECT_EQ(field(answer, "Location"), "") << path;
    }
    EXPECT_EQ(body_of(get("/.well-known/acme-challenge/token")), "known");
    EXPECT_EQ(body_of(get("/.well-known/security.txt")), "known");
    for (const char* const path : {"/.env", "/.git/config", "/d/a.html~", "/d/.git/"})
        EXPECT_EQ(body_of(server_.get(std::string{"/all"} + path)), "secret") << path;
}

TEST_F(StaticFiles, OfAnUnknownTypeAreNotToBeGuessedAt) {  // O-084
    write("page", "<script>");
    write("page.unknown", "<script>");
    write("page.html", "<p>");
    write("style.css", "a{}");

    for (const char* const path : {"/page", "/page.unknown"}) {
        for (const char* const range : {"", "Range: bytes=0-2\r\n", "Range: bytes=0-1,3-4\r\n"}) {
            EXPECT_EQ(field(get(path, range), "X-Content-Type-Options"), "nosniff")
                << path << range;
        }
        const std::string head = server_.ask(std::string{"HEAD /s"} + path + " HTTP/1.1");
        EXPECT_EQ(field(head, "X-Content-Type-Options"), "nosniff") << path;
    }
    for (const char* const path : {"/page.html", "/style.css"})
        EXPECT_EQ(field(get(path), "X-Content-Type-Options"), "") << path;
}

TEST_F(StaticFiles, AreNotThereIfTheyAreNot) {
    write("file", "x");

    for (const char* const path : {"/none", "/file/", "/file/x", "/none/x", "//file", "/./file"})
        EXPECT_EQ(status(get(path)), 404) << path;
}

TEST_F(StaticFiles, NeverLieOutsideOfTheRoot) {
    const std::string secret = "s3cret";
    std::ofstream{folder_.path() / "secret"} << secret;
    write("d/file", "x");
    fs::create_symlink(folder_.path() / "secret", file("link"));
    fs::create_symlink("../secret", file("relative"));
    fs::create_symlink(folder_.path(), file("folder"));
    fs::create_symlink("/etc", file("etc"));

    for (const char* const path : {"/../secret",
                                   "/d/../../secret",
                                   "/%2e%2e/secret",
                                   "/..%2fsecret",
                                   "/%2e%2e%2fsecret",
                                   "/d/..%2f..%2fsecret",
                                   "/..%5csecret",
                                   "/..\\secret",
                                   "/....//secret",
                                   "/..;/secret",
                                   "/%252e%252e/secret",
                                   "/d/%2e%2e/%2e%2e/secret",
                                   "/link",
                                   "/relative",
                                   "/folder/secret",
                                   "/etc/passwd",
                                   "//etc/passwd",
                                   "/%2fetc%2fpasswd",
                                   "/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
                                   "/..%c0%afsecret",
                                   "/%c0%ae%c0%ae/secret"}) {
        const std::string answer = get(path);
        EXPECT_EQ(status(answer), 404) << path;
        EXPECT_THAT(answer, Not(HasSubstr(secret))) << path;
        EXPECT_THAT(answer, Not(HasSubstr("root:"))) << path;
    }
    EXPECT_EQ(status(get("/d%00/file")), 400);
    EXPECT_THAT(server_.ask("GET ../secret HTTP/1.1"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(StaticFiles, MayBeLinksWithinTheRoot) {
    write("file", "x");
    fs::create_directories(file("d"));
    fs::create_symlink("../file", file("d/link"));

    EXPECT_EQ(body_of(get("/d/link")), "x");
}

TEST_F(StaticFiles, AreNoFifosAndNoSockets) {
    ASSERT_EQ(mkfifo(file("fifo").c_str(), 0600), 0);
    fs::create_symlink("/dev/zero", file("zero"));

    EXPECT_EQ(status(get("/fifo")), 404);
    EXPECT_EQ(status(get("/zero")), 404);
}

TEST_F(StaticFiles, ThatShrinkWhileTheyAreSentCostTheConnection) {
    write("large", "");
    fs::resize_file(file("large"), 200'000'000);
    const PlainClient client{server_.port};
    client.send("GET /s/large HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string begin = client.read_until("\r\n\r\n");

    fs::resize_file(file("large"), 1'000'000);
    const std::string rest = client.read_to_end();  // so the server has closed

    EXPECT_EQ(field(begin, "Content-Length"), "200000000");
    EXPECT_LT(rest.size(), 200'000'000U);
    EXPECT_EQ(status(get("/large")), 200);
}

TEST(StaticConfiguration, IsCheckedBeforeTheStart) {
    const TemporaryFolder folder;
    const std::string name = (folder.path() / "grove.json").string();
    const struct {
        std::string config;
        std::string fault;
    } rows[] = {
        {"{}", "\"root\" is missing: the folder to serve"},
        {R"({"root": 5})", "\"root\" must be a path"},
        {R"({"root": "/none"})", "\"root\": cannot open \"/none\": No such file or directory"},
        {R"({"root": "/", "index": "a"})",
         "\"index\" is not a key of static, must be one of root, mime_types, hidden, fallback, "
         "cache, cache_control, etag, headers and listing"},
        {R"({"root": "/", "etag": "md5"})", "\"etag\" must be \"stat\" or \"content\""},
        {R"({"root": "/", "cache": true})",
         "\"cache\" must be seconds, above 0 and up to 3600, or null"},
        {R"({"root": "/", "cache": 0})",
         "\"cache\" must be seconds, above 0 and up to 3600, or null"},
        {R"({"root": "/", "listing": 1})", "\"listing\" must be true or false"},
        {R"({"root": "/", "fallback": "none.html"})",
         "\"fallback\": there is no file \"none.html\" below the root"},
        {R"({"root": "/", "fallback": "../etc/passwd"})",
         "\"fallback\": there is no file \"../etc/passwd\" below the root"},
        {R"({"root": "/", "cache_control": "no-cache"})", "\"cache_control\" must be an object"},
        {R"({"root": "/", "cache_control": {"js": "no-cache"}})",
         "\"cache_control\": \"js\" must be a suffix such as \".js\", or \"*\""},
        {R"({"root": "/", "cache_control": {".js": 1}})",
         "\"cache_control\" must have texts for its values"},
        {R"({"root": "/", "headers": {"ETag": "x"}})",
         "\"headers\": \"ETag\" cannot be set here: it is the connection's, or grove sets it"},
        {R"({"root": "/", "hidden": "yes"})", "\"hidden\" must be true or false"},
        {R"({"root": "/", "mime_types": "/none"})", "\"mime_types\": cannot read \"/none\""},
    };
    for (const auto& [config, fault] : rows) {
        std::ofstream{name} << R"({"max_connections": 100, "apps": [{"app": "static", "config": )"
                            << config << "}]}";

        const ProgramResult result = run_program({GROVE_TEST_BINARY, "check", name});

        EXPECT_EQ(result.exit_code, 2) << config;
        EXPECT_EQ(result.errors, name + ": /apps/0: " + fault + "\n" + root_warning(name));
    }
}

TEST(StaticConfiguration, MayNameARootRelativeToItsFile) {
    const TemporaryFolder folder;
    const std::string name = (folder.path() / "grove.json").string();
    fs::create_directory(folder.path() / "site");
    std::ofstream{folder.path() / "site/f"} << "hello";
    std::ofstream{name} << R"({"listen": ["127.0.0.1:0"], "log": {"access": "off"},
                               "apps": [{"app": "static", "config": {"root": "site"}}]})";

    const Serving server{serve_command({name}), (folder.path() / "output").string()};

    EXPECT_EQ(body_of(server.get("/f")), "hello");
}

}  // namespace
}  // namespace grove
