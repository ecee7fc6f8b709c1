// Files that come with a form.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/testing.h>
#include <grove/web/router.h>

#include "greenlet_test.h"
#include "temporary_folder.h"

namespace grove::web {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kType =
    "multipart/form-data; boundary=---------------------------9051914041544843365972754266";

// As Firefox writes a form of a text, a file, and a field for a file in which none was chosen.
std::string browser_body(const std::string& content) {
    const std::string boundary = "-----------------------------9051914041544843365972754266";
    return boundary + "\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\na \xc3\xa9 b\r\n" +
           boundary +
           "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a %22b%22.txt\"\r\n"
           "Content-Type: application/pdf\r\n\r\n" +
           content + "\r\n" + boundary +
           "\r\nContent-Disposition: form-data; name=\"none\"; filename=\"\"\r\n"
           "Content-Type: application/octet-stream\r\n\r\n\r\n" +
           boundary + "--\r\n";
}

http::TestAnswer upload(const Handler& handler, const std::string& content) {
    return http::call(
        Router{}.post("/", handler),
        {.method = "POST", .headers = {{"Content-Type", kType}}, .body = browser_body(content)});
}

std::string content_of(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::size_t files_in(const TemporaryFolder& folder) {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator{folder.path()}, {}));
}

GREENLET_TEST(Upload, ComesPartByPart) {
    const auto tell = [](Request& request) {
        std::string told;
        for (Part& part : request.multipart()) {
            const std::string begin = part.read(2);
            told += part.name() + '|' + part.filename() + '|' +
                    (part.is_file() ? "file" : "field") + '|' + part.content_type() + '|' + begin +
                    '|' + part.text() + "\n";
        }
        return text(told);
    };
    EXPECT_EQ(upload(tell, "one\r\ntwo").body,
              "text||field|text/plain|a |\xc3\xa9 b\n"
              "file|a \"b\".txt|file|application/pdf|on|e\r\ntwo\n"
              "none||file|application/octet-stream||\n");
}

GREENLET_TEST(Upload, IsSavedWhole) {
    const TemporaryFolder folder;
    const std::string path = folder.path() / "saved";
    std::ofstream{path} << "before";
    std::vector<std::uint64_t> told;
    const auto save = [&](Request& request) {
        Multipart multipart = request.multipart();
        multipart.next();
        const std::uint64_t bytes =
            multipart.next()->save(path, 100'000, [&](std::uint64_t written) {
                told.push_back(written);
                EXPECT_EQ(content_of(path), "before");
            });
        return text(std::to_string(bytes));
    };
    const std::string content(100'000, 'x');

    EXPECT_EQ(upload(save, content).body, "100000");
    EXPECT_EQ(content_of(path), content);
    EXPECT_THAT(told, ElementsAre(65536, 100'000));
    EXPECT_EQ(files_in(folder), 1U);
}

GREENLET_TEST(Upload, LeavesNothingIfItIsInterrupted) {
    const TemporaryFolder folder;
    const std::string path = folder.path() / "saved";
    std::ofstream{path} << "before";
    const auto save = [&](std::function<void(std::uint64_t)> progress) {
        return [&path, progress = std::move(progress)](Request& request) {
            Multipart multipart = request.multipart();
            multipart.next();
            multipart.next()->save(path, 99'999, progress);
            return text("saved");
        };
    };
    const auto stop = [](std::uint64_t) { throw std::runtime_error{"enough"}; };

    EXPECT_EQ(upload(save({}), std::string(100'000, 'x')).status, 413);
    EXPECT_EQ(upload(save(stop), "x").status, 500);
    EXPECT_EQ(content_of(path), "before");
    EXPECT_EQ(files_in(folder), 1U);
}

GREENLET_TEST(Upload, LeavesNothingIfItsClientGoes) {
    const TemporaryFolder folder;
    std::vector<std::uint64_t> told;
    const auto save = [&](Request& request) {
        Multipart multipart = request.multipart();
        multipart.next();
        multipart.next()->save(folder.path() / "saved", 100'000, [&](std::uint64_t written) {
            told.push_back(written);
            EXPECT_EQ(files_in(folder), 1U);
        });
        return text("saved");
    };
    const std::string body = browser_body(std::string(100'000, 'x'));
    http::call(
        Router{}.post("/", save),
        {.method = "POST",
         .headers = {{"Content-Type", kType}, {"Content-Length", std::to_string(body.size())}},
         .body = body.substr(0, body.size() - 1000)});  // within the file

    EXPECT_THAT(told, ElementsAre(65536));
    EXPECT_EQ(files_in(folder), 0U);
}

GREENLET_TEST(Upload, TakesTheWholePath) {
    const TemporaryFolder folder;
    const auto save = [&](const std::string& name) {
        return [path = folder.path().string() + '/' + name](Request& request) {
            Multipart multipart = request.multipart();
            multipart.next()->save(path, 100);
            return text("saved");
        };
    };
    const std::string longest(255, 'n');

    EXPECT_EQ(upload(save(longest), "x").status, 200);
    EXPECT_EQ(content_of(folder.path() / longest), "a \xc3\xa9 b");
    EXPECT_EQ(upload(save(longest + 'n'), "x").status, 500);
    EXPECT_EQ(upload(save(std::string{"a\0b", 3}), "x").status, 500);  // not "a"
    EXPECT_EQ(upload(save(""), "x").status, 500);
    EXPECT_EQ(files_in(folder), 1U);
}

GREENLET_TEST(Upload, TakesThePlaceOfASymbolicLink) {
    const TemporaryFolder folder;
    std::ofstream{folder.path() / "other"} << "before";
    std::filesystem::create_symlink("other", folder.path() / "saved");
    const auto save = [&](Request& request) {
        Multipart multipart = request.multipart();
        multipart.next()->save(folder.path() / "saved", 100);
        return text("saved");
    };

    EXPECT_EQ(upload(save, "x").body, "saved");
    EXPECT_EQ(content_of(folder.path() / "other"), "before");
    EXPECT_FALSE(std::filesystem::is_symlink(folder.path() / "saved"));
    EXPECT_EQ(content_of(folder.path() / "saved"), "a \xc3\xa9 b");
}

GREENLET_TEST(Upload, NamesThePathThatCannotBeWritten) {
    const auto save = [](Request& request) {
        Multipart multipart = request.multipart();
        multipart.next()->save("/nowhere/at/all", 10);
        return text("saved");
    };
    const http::TestAnswer answer = upload(save, "x");

    EXPECT_EQ(answer.status, 500);
    EXPECT_THAT(answer.errors, ::testing::Contains(HasSubstr("/nowhere/at/all")));
}

}  // namespace
}  // namespace grove::web
