// What static answers with beside its files as they are: a fallback, further headers, a listing. A-066
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include <fcntl.h>

#include <gmock/gmock.h>

#include "apps/static/added_fields.h"
#include "apps/static/listing.h"
#include "static_site.h"

namespace grove {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

/// Mounted at /app with a fallback and headers, at /list with a listing, at /both with a fallback and a listing.
class StaticPages : public StaticSite {
protected:
    std::string pages() const {
        const std::string name = (folder_.path() / "pages.json").string();
        write("index.html", "<p>app");
        write("d/a.txt", "a");
        const std::string root = R"("root": ")" + root_.string() + '"';
        std::ofstream{name}
            << R"({"listen": ["127.0.0.1:0"], "log": {"access": "off", "error": "error.log"}, "apps": [
            {"mount": "/app", "app": "static", "config": {"cache": null, )"
            << root << R"(, "fallback": "index.html",
                "cache_control": {".js": "max-age=1", ".min.js": "max-age=2", "*": "no-cache"},
                "headers": {"X-Frame-Options": "DENY", "Link": ["<a>", "<b>"]}}},
            {"mount": "/list", "app": "static", "config": {"cache": null, )"
            << root << R"(, "listing": true, "headers": {"X-L": "1"}}},
            {"mount": "/both", "app": "static", "config": {"cache": null, )"
            << root << R"(, "listing": true, "fallback": "d/a.txt", "hidden": true}}]})";
        return name;
    }
    std::string ask(const std::string& path, const std::string& fields = "") const {
        return pages_.ask("GET " + path + " HTTP/1.1", fields);
    }

    Serving pages_{serve_command({pages()}), (folder_.path() / "pages").string()};
};

TEST_F(StaticPages, FallBackForBrowsersThatWantAPage) {  // A-066
    write("real.txt", "real");
    const struct {
        const char* path;
        const char* accept;
        int status;
    } rows[] = {
        {"/app/users/7", "Accept: text/html\r\n", 200},
        {"/app/users/7", "Accept: TEXT/HTML;q=0.1, */*\r\n", 200},
        {"/app/x", "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n",
         200},
        {"/app/d/", "Accept: text/html\r\n", 200},
        {"/app/x.js", "Accept: */*\r\n", 404},
        {"/app/x", "Accept: text/html;q=0, */*\r\n", 404},
        {"/app/x", "Accept: text/*\r\n", 404},
        {"/app/x", "Accept: application/json\r\n", 404},
        {"/app/x", "", 404},
        {"/app/.env", "Accept: text/html\r\n", 404},
        {"/app//x", "Accept: text/html\r\n", 404},
        {"/app/%2e%2e/x", "Accept: text/html\r\n", 404},
        {"/list/x", "Accept: text/html\r\n", 404},
    };
    for (const auto& [path, accept, status_wanted] : rows) {
        const std::string answer = ask(path, accept);
        EXPECT_EQ(status(answer), status_wanted) << path << accept;
        if (status_wanted == 200) {
            EXPECT_EQ(body_of(answer), "<p>app") << path;
        }
    }
    const std::string html = "Accept: text/html\r\n";
    EXPECT_EQ(body_of(ask("/app/real.txt", html)), "real");
    EXPECT_EQ(field(ask("/app/real.txt", html), "Vary"), "");
    const std::string fallen = ask("/app/x", html);
    EXPECT_EQ(field(fallen, "Vary"), "Accept");
    EXPECT_EQ(field(fallen, "Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(field(ask("/app/x"), "Vary"), "Accept") << "a cache must know it of the 404, too";
    EXPECT_EQ(field(ask("/list/x"), "Vary"), "");
    EXPECT_EQ(status(ask("/app/x", html + "If-None-Match: " + field(fallen, "ETag") + "\r\n")),
              304);
    EXPECT_EQ(status(pages_.ask("HEAD /app/x HTTP/1.1", html)), 200);
    EXPECT_EQ(status(pages_.ask("POST /app/x HTTP/1.1", html)), 405);
    fs::remove(file("index.html"));
    EXPECT_EQ(status(ask("/app/x", html)), 404);
}

TEST_F(StaticPages, TellCachesBySuffix) {  // A-066
    for (const char* name : {"a.js", "a.min.js", "a.js.txt", "js", "d.js/a", "a.css", "a.css.gz"})
        write(name, "x");
    const struct {
        const char* path;
        const char* value;
    } rows[] = {
        {"/app/a.js", "max-age=1"},
        {"/app/a.min.js", "max-age=2"},
        {"/app/a.js.txt", "no-cache"},
        {"/app/js", "no-cache"},
        {"/app/d.js/a", "no-cache"},
        {"/app/", "no-cache"},
        {"/app/a.css", "no-cache"},
        {"/app/none", ""},
        {"/app/d", ""},
        {"/list/a.js", ""},
    };
    for (const auto& [path, value] : rows)
        EXPECT_EQ(field(ask(path, "Accept-Encoding: gzip\r\n"), "Cache-Control"), value) << path;
    const std::string etag = field(ask("/app/a.js"), "ETag");
    const std::string unchanged = ask("/app/a.js", "If-None-Match: " + etag + "\r\n");
    EXPECT_EQ(status(unchanged), 304);
    EXPECT_EQ(field(unchanged, "Cache-Control"), "max-age=1");
    EXPECT_EQ(field(ask("/app/a.js", "Range: bytes=0-0\r\n"), "Cache-Control"), "max-age=1");
    for (const char* fields : {"If-Match: \"x\"\r\n", "Range: bytes=9-\r\n"}) {
        const std::string refused = ask("/app/a.js", fields);
        EXPECT_EQ(status(refused) / 100, 4) << fields;
        EXPECT_EQ(field(refused, "Cache-Control"), "") << "others would get it of a cache";
    }
}

TEST_F(StaticPages, HaveFurtherHeaders) {  // A-066
    const std::string answer = ask("/app/");
    EXPECT_EQ(field(answer, "X-Frame-Options"), "DENY");
    EXPECT_THAT(answer, HasSubstr("\r\nLink: <a>\r\nLink: <b>\r\n"));
    EXPECT_EQ(field(ask("/list/"), "X-Frame-Options"), "");
    EXPECT_EQ(field(ask("/list/d/"), "X-L"), "1");
}

TEST_F(StaticPages, ListAFolderWithoutAnIndex) {  // A-066
    write("d/a&b <c>.txt", "");
    write("d/javascript:alert(1)", "");
    write("d/sub/x", "");
    write("d/.env", "");
    write("d/old~", "");
    const std::string page = ask("/list/d/");
    EXPECT_EQ(status(page), 200);
    EXPECT_EQ(field(page, "Content-Type"), "text/html; charset=utf-8");
    EXPECT_THAT(page, HasSubstr("<title>/list/d/</title>"));
    EXPECT_THAT(page, HasSubstr("<a href=\"./../\">../</a>"));
    EXPECT_THAT(page, HasSubstr("<a href=\"./a.txt\">a.txt</a>"));
    EXPECT_THAT(page, HasSubstr("<a href=\"./a&amp;b%20%3Cc%3E.txt\">a&amp;b &lt;c&gt;.txt</a>"));
    EXPECT_THAT(page, HasSubstr("<a href=\"./javascript:alert(1)\">"));
    EXPECT_THAT(page, HasSubstr("<a href=\"./sub/\">sub/</a>"));
    EXPECT_THAT(page, Not(HasSubstr(".env")));
    EXPECT_THAT(page, Not(HasSubstr("old~")));

    EXPECT_EQ(status(ask("/list/d")), 301);
    EXPECT_EQ(field(ask("/list/d"), "Location"), "/list/d/");
    EXPECT_EQ(body_of(ask("/list/")), "<p>app") << "there is an index";
    EXPECT_EQ(body_of(pages_.ask("HEAD /list/d/ HTTP/1.1")), "");
    EXPECT_EQ(status(ask("/app/d/")), 404);
    EXPECT_THAT(ask("/both/d/"), HasSubstr("<a href=\"./.env\">"));
    EXPECT_EQ(body_of(ask("/both/none", "Accept: text/html\r\n")), "a");
}

TEST(StaticListing, OfALargeFolderIsNotWhole) {  // A-066
    const TemporaryFolder folder;
    const auto read = [&] {
        return Listing::read(
            FileDescriptor{::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)},
            false, true);
    };
    for (std::size_t i = 0; i < Listing::kMost; ++i)
        std::ofstream{folder.path() / std::to_string(i)};
    fs::create_directory(folder.path() / ".git");
    EXPECT_TRUE(read().whole);
    EXPECT_EQ(read().names.size(), Listing::kMost);
    EXPECT_THAT(read().page("/", true), Not(HasSubstr("more")));
    EXPECT_THAT(read().page("/", true), Not(HasSubstr("../")));
    std::ofstream{folder.path() / "one"};
    EXPECT_FALSE(read().whole);
    EXPECT_EQ(read().names.size(), Listing::kMost);
    EXPECT_THAT(read().page("/", true), HasSubstr("There are more."));
}

TEST(StaticListing, ReadsABoundedNumberOfHiddenNames) {  // A-066
    const TemporaryFolder folder;
    const auto read = [&] {
        return Listing::read(
            FileDescriptor{::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)},
            false, true);
    };
    for (std::size_t i = 0; i < Listing::kMostRead; ++i)
        std::ofstream{folder.path() / ("." + std::to_string(i))};
    EXPECT_TRUE(read().whole);
    std::ofstream{folder.path() / ".one"};
    EXPECT_FALSE(read().whole);
    EXPECT_THAT(read().page("/", true), HasSubstr("There are more."));
}

TEST(StaticListing, ShowsWellKnownInTheRootAlone) {  // A-066, O-084
    const TemporaryFolder folder;
    fs::create_directories(folder.path() / ".well-known");
    std::ofstream{folder.path() / "b"};
    std::ofstream{folder.path() / "a"};
    const auto read = [&](bool hidden, bool in_root) {
        return Listing::read(FileDescriptor{::open(folder.path().c_str(),
                                                   O_RDONLY | O_DIRECTORY | O_CLOEXEC)},
                             hidden, in_root)
            .names;
    };
    EXPECT_THAT(read(false, true), ElementsAre(".well-known/", "a", "b"));
    EXPECT_THAT(read(false, false), ElementsAre("a", "b"));
    EXPECT_THAT(read(true, false), ElementsAre(".well-known/", "a", "b"));
}

TEST(StaticAddedFields, PreferTheLongestSuffix) {  // A-066
    AddedFields added;
    added.add_cache_control(".js", "1");
    added.add_cache_control("*", "any");
    added.add_cache_control(".min.js", "2");
    added.add_cache_control(".s", "3");
    added.add_header("X-A", "b");
    const auto of = [&](const char* name) {
        http::Headers headers;
        added.append_to(headers, name);
        return headers;
    };
    EXPECT_THAT(of("d/a.min.js"), ElementsAre(Pair("Cache-Control", "2"), Pair("X-A", "b")));
    EXPECT_THAT(of("a.js"), ElementsAre(Pair("Cache-Control", "1"), Pair("X-A", "b")));
    EXPECT_THAT(of(".js/a"), ElementsAre(Pair("Cache-Control", "any"), Pair("X-A", "b")));
    EXPECT_THAT(of(""), ElementsAre(Pair("Cache-Control", "any"), Pair("X-A", "b")));
}

TEST(StaticAddedFields, AreThoseThatMayBe) {  // A-066
    AddedFields added;
    for (const char* suffix : {"", "js", "**", "./js"})
        EXPECT_THROW(added.add_cache_control(suffix, "1"), std::invalid_argument) << suffix;
    for (const char* value : {"", "a\r\nB: c"}) {
        EXPECT_THROW(added.add_cache_control("*", value), std::invalid_argument) << value;
        EXPECT_THROW(added.add_header("X-A", value), std::invalid_argument) << value;
    }
    for (const char* name : {"", "a b", "etag", "Content-Length", "Connection", "Cache-Control"})
        EXPECT_THROW(added.add_header(name, "1"), std::invalid_argument) << name;
}

}  // namespace
}  // namespace grove
