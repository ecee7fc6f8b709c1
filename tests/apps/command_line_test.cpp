// What the binary says and how it exits when there is nothing to serve.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <sys/resource.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <grove/core/version.h>

#include "program.h"
#include "root_warning.h"
#include "temporary_folder.h"

namespace grove {
namespace {

namespace fs = std::filesystem;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

ProgramResult grove(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), GROVE_TEST_BINARY);
    return run_program(arguments);
}

TEST(GroveBinary, TellsItsVersionAndThoseOfItsLibraries) {
    const ProgramResult result = grove({"--version"});

    EXPECT_EQ(result.exit_code, 0);
    EXPECT_THAT(result.output, StartsWith("grove " GROVE_VERSION "\n"));
    EXPECT_THAT(result.output, HasSubstr("\nllhttp "));
    EXPECT_THAT(result.output, HasSubstr("\nOpenSSL 3."));
    EXPECT_THAT(result.output, HasSubstr("\nBoost 1."));
    EXPECT_THAT(result.output, HasSubstr("\nloop epoll\n"));
    EXPECT_THAT(result.output, ContainsRegex("\nhttp2 \\(nghttp2 1\\.[0-9.]+\\)\n"));
    EXPECT_THAT(result.output,
                ContainsRegex("\nwebsocket 13 \\(permessage-deflate, zlib 1\\.[0-9.]+\\)\n"));
    if (fs::exists(fs::path{GROVE_TEST_APPS} / "wsgi.so")) {
        EXPECT_THAT(result.output, ContainsRegex("\npython 3\\.[0-9]+ \\(plugin wsgi\\)\n$"));
    } else {
        EXPECT_THAT(result.output,
                    HasSubstr("\npython: there is no plugin wsgi beside this grove\n"));
    }
    EXPECT_EQ(result.errors, "");
}

TEST(GroveVersion, IsOneWhoeverTellsIt) {
    const std::string numbers = std::to_string(GROVE_VERSION_MAJOR) + "." +
                                std::to_string(GROVE_VERSION_MINOR) + "." +
                                std::to_string(GROVE_VERSION_PATCH);
    EXPECT_THAT(GROVE_VERSION, MatchesRegex(numbers + "(-[a-z0-9]+)?"));
}

TEST(GroveBinary, HelpsWithEachCommand) {
    for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--help"},
                                                      {"serve", "--help"},
                                                      {"check", "--help"},
                                                      {"reload", "--help"},
                                                      {"stop", "--help"},
                                                      {"status", "--help"},
                                                      {"top", "--help"}}) {
        const ProgramResult result = grove(arguments);

        EXPECT_EQ(result.exit_code, 0);
        EXPECT_THAT(result.output, HasSubstr("Usage: grove"));
        EXPECT_EQ(result.errors, "");
    }
}

TEST(GroveBinary, RefusesAWrongCommandLineInOneLine) {
    const std::vector<std::vector<std::string>> wrong = {
        {},
        {"bogus"},
        {"serve", "--bogus"},
        {"serve", "a.json", "b.json"},
        {"serve", "--listen"},
        {"serve", "--pool", "many"},
        {"check"},
        {"check", "a.json", "--listen", ":80"},
    };
    for (const std::vector<std::string>& arguments : wrong) {
        SCOPED_TRACE(testing::PrintToString(arguments));
        const ProgramResult result = grove(arguments);

        EXPECT_EQ(result.exit_code, 2);
        EXPECT_EQ(result.output, "");
        EXPECT_THAT(result.errors, MatchesRegex("grove: [^\n]*; see grove --help\n"));
    }
}

struct UsageFault {
    std::vector<std::string> arguments;
    std::string errors;
};

TEST(GroveBinary, StartsNothingIfAFlagIsWrong) {
    const std::string plugins =
        fs::canonical(GROVE_TEST_BINARY).parent_path().parent_path() / "lib/grove/apps";
    const UsageFault faults[] = {
        {{"--listen", "::1:80"},
         "--listen: listening address \"::1:80\": an IPv6 address must stand in brackets, such as "
         "[::1]:80\n"},
        {{"--listen", ":80", "--listen", "x"},
         "--listen: listening address \"x\": must be host:port, :port, [v6]:port or unix:/path\n"},
        {{"--pool", "0"}, "--pool: is 0, must be a whole number from 1 to 2147483647, or null\n"},
        {{"--app", "hello:x"}, "--app hello:x: mount \"x\": must begin with \"/\"\n"},
        {{"--app", "hello", "--app", "echo:/"},
         "--app echo:/: mount \"/\" is already used by --app hello; each mount must be unique\n"},
        {{"--app", "nope"},
         "--app nope: no plugin \"nope\": there is no nope.so in " + plugins + "\n"},
        {{"--app", GROVE_TEST_BINARY},
         "--app " GROVE_TEST_BINARY ": " GROVE_TEST_BINARY
         ": has no note of grove, wanted a plugin built with grove_add_plugin()\n"},
        {{"/nowhere/grove.json"},
         "/nowhere/grove.json: cannot be read: No such file or directory\n"},
    };
    for (const auto& [flags, errors] : faults) {
        SCOPED_TRACE(testing::PrintToString(flags));
        std::vector<std::string> arguments{"serve"};
        arguments.insert(arguments.end(), flags.begin(), flags.end());
        const ProgramResult result = grove(arguments);

        EXPECT_EQ(result.exit_code, 2);
        EXPECT_EQ(result.output, "");
        EXPECT_EQ(result.errors, errors);
    }
}

// The binary lists what lies beside it.
TEST(AppsCommand, NamesEachFileInOneLine) {
    const TemporaryFolder folder;
    const fs::path plugins = folder.path() / "lib/grove/apps";
    const fs::path binary = folder.path() / "bin/grove";
    fs::create_directories(plugins);
    fs::create_directories(binary.parent_path());
    fs::copy_file(GROVE_TEST_BINARY, binary);
    fs::copy_file(GROVE_TEST_APPS "/hello.so", plugins / "good\n\x1b.so");
    std::ofstream{plugins / "none\n\x1b.so"} << "no plugin";
    const std::string libraries =
        fs::canonical(GROVE_TEST_BINARY).parent_path().parent_path() / "lib";

    const ProgramResult result =
        run_program({"/usr/bin/env", "LD_LIBRARY_PATH=" + libraries, binary.string(), "apps"});

    EXPECT_EQ(result.exit_code, 0);
    EXPECT_THAT(result.output,
                MatchesRegex("hello [^\n]*" + plugins.string() + "/good\\\\x0a\\\\x1b\\.so\n"));
    EXPECT_EQ(result.errors, "grove: " + plugins.string() +
                                 "/none\\x0a\\x1b.so: is not an ELF file, wanted a plugin built "
                                 "with grove_add_plugin()\n");
}

class CheckCommand : public testing::Test {
protected:
    ProgramResult check(const std::string& text) const {
        std::ofstream{file_} << text;
        return grove({"check", file_});
    }

    TemporaryFolder folder_;
    std::string file_ = (folder_.path() / "grove.json").string();
};

TEST_F(CheckCommand, IsContentWithTheConfigurationThatShips) {
    const std::string shipped =
        fs::path{GROVE_TEST_BINARY}.parent_path() / "../share/grove/conf/grove.json";
    rlimit files{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
    const bool few =
        files.rlim_max < 10064;  // its max_connections, and what a worker opens besides
    const ProgramResult result = grove({"check", shipped});

    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.output, shipped + ": ok\n");
    const std::string of_files = few ? "[^\n]*: /max_connections: warning: [^\n]*\n" : "";
    EXPECT_THAT(result.errors, MatchesRegex(of_files + root_warning(shipped)));
}

TEST_F(CheckCommand, PrintsOneLineForEachFault) {
    const ProgramResult result =
        check(R"({"pol": 5, "apps": [{"app": "hello"}, {"app": "echo"}]})");

    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.output, "");
    EXPECT_EQ(result.errors, file_ + ": /pol: unknown key; the nearest known key is \"pool\"\n" +
                                 file_ + ": /apps/1/mount: mount \"/\" is already used by " +
                                 file_ + ": /apps/0; each mount must be unique\n");
}

TEST_F(CheckCommand, OpensThePluginsAndAsksTheirFactories) {
    const ProgramResult result = check(R"({"max_connections": 100, "apps": [
        {"mount": "/a", "app": "nope"},
        {"mount": "/b", "app": "./grove.json"},
        {"mount": "/c", "app": "hello"},
        {"mount": "/d", "app": "welcome", "config": {"links": 5}}],
        "plugin_path": ["nowhere", ")" GROVE_TEST_APPS R"("]})");

    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.output, "");
    EXPECT_EQ(result.errors, file_ + ": /apps/0: no plugin \"nope\": there is no nope.so in " +
                                 folder_.path().string() + "/nowhere, " GROVE_TEST_APPS "\n" +
                                 file_ + ": /apps/1: " + folder_.path().string() +
                                 "/./grove.json: is not an ELF file, wanted a plugin built with "
                                 "grove_add_plugin()\n" +
                                 file_ +
                                 ": /apps/3: \"links\" must be an object of names and paths\n" +
                                 root_warning(file_));
}

}  // namespace
}  // namespace grove
