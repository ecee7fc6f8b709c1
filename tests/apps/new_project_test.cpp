// `grove new`: what it refuses. That what it writes builds and serves is tests/install's to show.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <grove/core/version.h>

#include "program.h"
#include "temporary_folder.h"

namespace grove {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

ProgramResult grove_new(const fs::path& folder, const std::string& name) {
    return run_program({"/bin/sh", "-c", "cd \"$1\" && exec \"$2\" new -- \"$3\"", "sh",
                        folder.string(), GROVE_TEST_BINARY, name});
}

std::string text_of(const fs::path& file) {
    std::ifstream in{file};
    return {std::istreambuf_iterator<char>{in}, {}};
}

TEST(GroveNew, WritesAProjectOfThatName) {  // A-065
    const TemporaryFolder folder;

    const ProgramResult result = grove_new(folder.path(), "guest_book2");

    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.errors, "");
    const fs::path project = folder.path() / "guest_book2";
    for (const char* file : {"CMakeLists.txt", "README.md", "guest_book2_app.cpp",
                             "guest_book2.json", "guest_book2_plugin.cpp", "guest_book2_test.cpp",
                             ".gitignore", ".clangd", ".dockerignore", "Dockerfile"}) {
        EXPECT_TRUE(fs::exists(project / file)) << file;
        EXPECT_THAT(text_of(project / file), Not(HasSubstr("@"))) << file;
    }
    const std::string build = text_of(project / "CMakeLists.txt");
    EXPECT_THAT(build, HasSubstr("grove_add_plugin(guest_book2 "));
    EXPECT_THAT(build, HasSubstr("add_library(guest_book2_objects OBJECT guest_book2_app.cpp)"));
    const std::string version = GROVE_VERSION;  // CMake's are numbers
    EXPECT_THAT(build, HasSubstr("find_package(grove " + version.substr(0, version.find('-')) +
                                 " CONFIG "));
}

TEST(GroveNew, WritesAProjectOfPythons) {
    const TemporaryFolder folder;

    const ProgramResult result =
        run_program({"/bin/sh", "-c", "cd \"$1\" && exec \"$2\" new --wsgi guests", "sh",
                     folder.path().string(), GROVE_TEST_BINARY});

    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.errors, "");
    const fs::path project = folder.path() / "guests";
    for (const char* file : {"README.md", "guests.py", "guests.json", "test_guests.py",
                             ".gitignore", "static/about.txt"}) {
        EXPECT_TRUE(fs::exists(project / file)) << file;
        EXPECT_THAT(text_of(project / file), Not(HasSubstr("@NAME@"))) << file;
    }
    EXPECT_THAT(text_of(project / "guests.json"), HasSubstr("\"module\": \"guests:app\""));
}

// Whose key is its own, and readable to its owner alone: tests/install serves it.
TEST(GroveNew, WritesASiteWithAKeyOfItsOwn) {  // R-046
    const TemporaryFolder folder;
    const auto key_of = [&](const char* name) {
        const ProgramResult result =
            run_program({"/bin/sh", "-c", "cd \"$1\" && umask 0 && exec \"$2\" new --web \"$3\"",
                         "sh", folder.path().string(), GROVE_TEST_BINARY, name});
        EXPECT_EQ(result.exit_code, 0);
        EXPECT_EQ(result.errors, "");
        return text_of(folder.path() / name / (std::string{name} + ".keys"));
    };

    const std::string key = key_of("guests");

    EXPECT_THAT(key, MatchesRegex("[0-9a-f]{64}\n"));
    const fs::path project = folder.path() / "guests";
    EXPECT_EQ(fs::status(project / "guests.keys").permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(text_of(project / ".gitignore"), "build/\nguests.keys\n");
    for (const char* file : {"CMakeLists.txt", "README.md", "guests_app.cpp", "guests_app.h",
                             "guests_page.cpp", "guests_page.h", "guests_plugin.cpp",
                             "guests_test.cpp", "guests.json", "static/style.css", ".clangd"}) {
        EXPECT_TRUE(fs::exists(project / file)) << file;
        EXPECT_THAT(text_of(project / file), Not(HasSubstr("@NAME@"))) << file;
        EXPECT_THAT(text_of(project / file), Not(HasSubstr(key.substr(0, 64)))) << file;
    }
    EXPECT_NE(key_of("others"), key);
}

TEST(GroveNew, WritesOneKindOfProject) {
    const TemporaryFolder folder;

    const ProgramResult result =
        run_program({"/bin/sh", "-c", "cd \"$1\" && exec \"$2\" new --web --wsgi guests", "sh",
                     folder.path().string(), GROVE_TEST_BINARY});

    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.errors, HasSubstr("excludes"));
    EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(GroveNew, RefusesAnExistingFolderAndLeavesItAsItIs) {
    const TemporaryFolder folder;
    fs::create_directory(folder.path() / "mine");

    const ProgramResult result = grove_new(folder.path(), "mine");

    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.errors, MatchesRegex("grove: [^\n]*/mine: exists already\n"));
    EXPECT_TRUE(fs::is_empty(folder.path() / "mine"));
}

TEST(GroveNew, RefusesANameThatCannotBeAPlugins) {
    const TemporaryFolder folder;
    for (const std::string name :
         {"", ".", "..", "a/b", "../up", "/tmp/x", "-x", "Upper", "2nd", "two words", "a-b", "a__b",
          "a_", "test", "grove", "new", "\xc3\xa9", "x\ny"}) {
        SCOPED_TRACE(name);
        const ProgramResult result = grove_new(folder.path(), name);

        EXPECT_EQ(result.exit_code, 2);
        EXPECT_THAT(result.errors, MatchesRegex("grove: [^\n]*\n"));
        EXPECT_TRUE(fs::is_empty(folder.path()));
    }
    EXPECT_EQ(grove_new(folder.path(), std::string(65, 'a')).exit_code, 2);
}

}  // namespace
}  // namespace grove
