#include "plugin_loader.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <grove/http/plugin_abi.h>

#include "plugin_error.h"
#include "plugin_note.h"
#include "temporary_folder.h"

namespace grove::http {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;
using testing::HasSubstr;

const fs::path kPlugins = GROVE_TEST_PLUGINS;
const std::string kWanted = ", wanted a plugin built with grove_add_plugin()";
const std::string kRebuild = ", build it again against this grove";

std::string refusal(const std::string& app, PluginLoader loader = PluginLoader{{kPlugins}}) {
    try {
        loader.load(app);
        return "none";
    } catch (const PluginError& error) {
        return error.what();
    }
}

std::string create_refusal(std::string_view config) {
    try {
        (void)PluginLoader{{kPlugins}}.load("probe").create(config);
        return "none";
    } catch (const PluginError& error) {
        return error.what();
    }
}

class PluginFile : public testing::Test {
protected:
    static std::string bytes_of(const char* name) {
        std::ostringstream bytes;
        bytes << std::ifstream{kPlugins / name, std::ios::binary}.rdbuf();
        return bytes.str();
    }

    std::string write(const std::string& bytes) const {
        std::ofstream{file_, std::ios::binary} << bytes;
        return file_;
    }

    // The reason without the file's name.
    std::string reason_for(const std::string& bytes) const {
        const std::string text = refusal(write(bytes));
        EXPECT_THAT(text, testing::StartsWith(file_ + ": "));
        return text.substr(std::min(text.size(), file_.size() + 2));
    }

    TemporaryFolder folder_;
    std::string file_ = (folder_.path() / "plugin.so").string();
};

TEST(PluginLoader, FindsAPluginByItsNameInTheFirstFolderThatHasIt) {
    const TemporaryFolder empty;
    PluginLoader loader{{empty.path(), kPlugins}};

    const Plugin plugin = loader.load("probe");

    EXPECT_EQ(plugin.name(), "probe");
    EXPECT_EQ(plugin.version(), "3.1");
    EXPECT_EQ(plugin.file(), kPlugins / "probe.so");
}

TEST(PluginLoader, SaysWhereItLooked) {
    EXPECT_EQ(refusal("nope", PluginLoader{{"/a", "/b"}}),
              "no plugin \"nope\": there is no nope.so in /a, /b");
    EXPECT_EQ(
        refusal("nope.so", PluginLoader{{"/a"}}),
        "no plugin \"nope.so\": there is no nope.so.so in /a; a path to a file must have a '/': "
        "./nope.so");
    EXPECT_EQ(refusal("/a/nope.so"), "/a/nope.so: cannot be read: No such file or directory");
}

TEST_F(PluginFile, IsLoadedAnewByANewLoader) {
    write(bytes_of("probe.so"));
    PluginLoader old{{}};
    const Plugin first = old.load(file_);

    EXPECT_EQ(old.load(file_).name().data(), first.name().data());
    EXPECT_NE(PluginLoader{{}}.load(file_).name().data(), first.name().data());
}

// Of a process that is forked now: 0 if it can load the plugin of this name.
int load_in_child(PluginLoader& loader, const std::string& app, std::string_view name) {
    const pid_t child = ::fork();
    if (child == 0) {
        try {
            ::_exit(loader.load(app).name() == name ? 0 : 1);
        } catch (const PluginError&) {
            ::_exit(2);
        }
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(PluginFile, IsLoadedAsItWasWhenItWasCopied) {
    write(bytes_of("probe.so"));
    PluginLoader loader{{}};
    EXPECT_EQ(loader.copy(file_), file_);
    EXPECT_EQ(load_in_child(loader, file_, "probe"), 0);

    write("replaced where it lies");
    EXPECT_EQ(load_in_child(loader, file_, "probe"), 0);
    fs::remove(file_);
    EXPECT_EQ(load_in_child(loader, file_, "probe"), 0);
    EXPECT_EQ(loader.load(file_).name(), "probe");
    EXPECT_EQ(refusal(file_), file_ + ": cannot be read: No such file or directory");
}

TEST_F(PluginFile, IsUsedOnAfterItWasReplacedWhereItLies) {
    write(bytes_of("probe.so"));
    const Plugin plugin = PluginLoader{{}}.load(file_);
    fs::resize_file(file_, 0);
    EXPECT_THROW((void)plugin.create("throw"), PluginError);  // its code runs, and no SIGBUS
}

TEST_F(PluginFile, IsRefusedASecondTimeWithTheSameWords) {
    PluginLoader loader{{kPlugins}};
    std::vector<std::string> texts;
    for (int i = 0; i < 2; ++i) {
        try {
            loader.load("mute");
        } catch (const PluginError& error) {
            texts.emplace_back(error.what());
        }
    }
    ASSERT_EQ(texts.size(), 2U);
    EXPECT_EQ(texts[0], texts[1]);
}

TEST(PluginLoader, FindsTheLibrariesThatLieBesideAPlugin) {
    PluginLoader loader{{kPlugins}};
    try {
        (void)loader.load("neighbour").create("{}");
        ADD_FAILURE() << "the word was not said";
    } catch (const PluginError& error) {
        EXPECT_STREQ(error.what(), "a word from beside");
    }
}

// One that asks for a library of its own: the plugin `neighbour`, copied with what lies beside it.
class PluginsLibraries : public testing::Test {
protected:
    fs::path copy_neighbour(const char* folder) const {
        const fs::path to = folder_.path() / folder;
        fs::create_directory(to);
        fs::copy(kPlugins / "neighbour.so", to);
        fs::copy(kPlugins / "beside", to / "beside", fs::copy_options::recursive);
        return to / "neighbour.so";
    }

    // As if it were another build of the library.
    static void change_build_id(const fs::path& library) {
        std::fstream file{library, std::ios::binary | std::ios::in | std::ios::out};
        std::ostringstream bytes;
        bytes << file.rdbuf();
        const std::string head{"\3\0\0\0GNU\0", 8};  // the note's type and owner; then it comes
        const std::size_t at = bytes.str().find(head);
        ASSERT_NE(at, std::string::npos);
        file.seekp(static_cast<std::streamoff>(at + head.size()));
        file << "another!";
    }

    static std::string second_refusal(const fs::path& first, const fs::path& second) {
        PluginLoader loader{{}};
        loader.copy(first);
        try {
            loader.copy(second);
            return "none";
        } catch (const PluginError& error) {
            return error.what();
        }
    }

    TemporaryFolder folder_;
    const fs::path one_ = copy_neighbour("one");
    const fs::path two_ = copy_neighbour("two");
    const fs::path direct_ = fs::path{"beside"} / "libneighbour_library.so";
    const fs::path deep_ = fs::path{"beside"} / "deep" / "libdeep_library.so";
};

// O-017
TEST_F(PluginsLibraries, OfOneNameMustBeOne) {
    for (const fs::path& library : {direct_, deep_}) {
        const fs::path theirs = folder_.path() / "two" / library;
        const fs::path aside = folder_.path() / "aside";
        fs::copy_file(theirs, aside);
        change_build_id(theirs);
        const std::string why = second_refusal(one_, two_);
        EXPECT_EQ(why, two_.string() + ": needs " + library.filename().string() +
                           " and would get " + theirs.string() + ", but " + one_.string() +
                           " uses " + (folder_.path() / "one" / library).string() +
                           "; a process has one library of each name: give both plugins one file, "
                           "or two files of one build-id");
        fs::rename(aside, theirs);
    }
    EXPECT_EQ(second_refusal(one_, two_), "none");
}

// O-017
TEST_F(PluginsLibraries, OfOneNameAreOneIfTheirBuildIdIs) {
    const std::string stripped = (folder_.path() / "two" / direct_).string();
    ASSERT_EQ(std::system(("strip --strip-all " + stripped).c_str()), 0);
    ASSERT_NE(fs::file_size(stripped), fs::file_size(folder_.path() / "one" / direct_));
    EXPECT_EQ(second_refusal(one_, two_), "none");
}

// O-017
TEST_F(PluginsLibraries, AreThoseOfTheEarlierPluginAlsoWhenThatIsLoaded) {
    change_build_id(folder_.path() / "two" / deep_);
    PluginLoader loader{{}};
    loader.load(one_);
    EXPECT_THROW(loader.load(two_), PluginError);
    EXPECT_THROW(loader.load(two_), PluginError) << "it is as wrong as before";
    fs::copy_file(folder_.path() / "one" / deep_, folder_.path() / "two" / deep_,
                  fs::copy_options::overwrite_existing);
    EXPECT_EQ(loader.load(two_).name(), "neighbour");
}

// O-017: what the server has itself, its plugins share, whatever lies beside them.
TEST_F(PluginsLibraries, OfTheProcessItselfAreItsOwn) {
    for (const char* folder : {"one", "two"}) {
        fs::copy_file(GROVE_TEST_LIBRARY,
                      folder_.path() / folder / "beside" / fs::path{GROVE_TEST_LIBRARY}.filename());
    }
    EXPECT_EQ(second_refusal(one_, two_), "none");
}

TEST(PluginInfo, IsReadFromTheFile) {
    const PluginInfo info = read_plugin_info(kPlugins / "probe.so");
    EXPECT_EQ(info.name, "probe");
    EXPECT_EQ(info.version, "3.1");
    EXPECT_EQ(info.file, kPlugins / "probe.so");
    EXPECT_THROW(read_plugin_info(GROVE_TEST_LIBRARY), PluginError);
}

TEST_F(PluginFile, IsNoFileOfItsKind) {
    EXPECT_EQ(reason_for(""), "is not an ELF file" + kWanted);
    EXPECT_EQ(reason_for("#!/bin/sh\n"), "is not an ELF file" + kWanted);
    fs::remove(file_);
    ASSERT_EQ(mkfifo(file_.c_str(), 0600), 0);
    EXPECT_EQ(refusal(file_), file_ + ": is not a regular file" + kWanted);
    EXPECT_EQ(refusal(folder_.path().string()),
              folder_.path().string() + ": is not a regular file" + kWanted);
}

TEST_F(PluginFile, IsASharedObjectButNoPlugin) {
    EXPECT_EQ(refusal(GROVE_TEST_LIBRARY), GROVE_TEST_LIBRARY ": has no note of grove" + kWanted);
    EXPECT_THAT(refusal("mute"), EndsWith("mute.so: has no symbol grove_plugin, wanted one "
                                          "GROVE_PLUGIN(…) or GROVE_MIDDLEWARE(…) in it"));
}

TEST_F(PluginFile, IsBuiltForAnotherAbi) {
    std::string bytes = bytes_of("probe.so");
    const std::size_t signature = bytes.find(GROVE_PLUGIN_SIGNATURE);
    ASSERT_NE(signature, std::string::npos);
    const std::uint32_t other = GROVE_PLUGIN_ABI + 6;
    std::memcpy(bytes.data() + signature - sizeof(other), &other, sizeof(other));

    EXPECT_EQ(reason_for(bytes), "is built for plugin ABI " + std::to_string(other) + ", wanted " +
                                     std::to_string(GROVE_PLUGIN_ABI) + kRebuild);
}

//
TEST_F(PluginFile, IsOfGrove01) {
    static_assert(GROVE_PLUGIN_ABI == 4);
    std::string bytes = bytes_of("wrapper.so");
    const std::size_t signature = bytes.find(GROVE_PLUGIN_SIGNATURE);
    ASSERT_NE(signature, std::string::npos);
    const std::uint32_t of_0_1 = 3;
    std::memcpy(bytes.data() + signature - sizeof(of_0_1), &of_0_1, sizeof(of_0_1));

    EXPECT_EQ(reason_for(bytes), "is built for plugin ABI 3, wanted 4" + kRebuild);
}

TEST_F(PluginFile, IsBuiltWithAnotherSignature) {
    std::string bytes = bytes_of("probe.so");
    const std::size_t signature = bytes.find(GROVE_PLUGIN_SIGNATURE);
    ASSERT_NE(signature, std::string::npos);
    bytes[signature] = '\n';

    EXPECT_EQ(reason_for(bytes), std::string{"is built with \"?"} + &GROVE_PLUGIN_SIGNATURE[1] +
                                     "\", wanted \"" + GROVE_PLUGIN_SIGNATURE + "\"" + kRebuild);
}

TEST_F(PluginFile, IsBuiltAgainstOtherHeadersBeforeTheirRelease) {
    const std::string version = GROVE_VERSION;
    const bool released = version.find('-') == version.npos;
    ASSERT_EQ(released, sizeof(GROVE_DETAIL_HEADERS) == 1);
    if (released) GTEST_SKIP() << "a released version's headers do not change";
    ASSERT_THAT(GROVE_DETAIL_HEADERS, testing::MatchesRegex(" headers-[0-9a-f]{12}"));
    std::string bytes = bytes_of("probe.so");
    const std::size_t hash = bytes.find(GROVE_DETAIL_HEADERS);
    ASSERT_NE(hash, std::string::npos);
    bytes.replace(hash, 12, " headers-000");

    const std::string reason = reason_for(bytes);

    EXPECT_THAT(reason, HasSubstr(" headers-000"));
    EXPECT_THAT(reason, HasSubstr(std::string{", wanted \""} + GROVE_PLUGIN_SIGNATURE + '"'));
    EXPECT_THAT(reason, EndsWith(kRebuild));
}

TEST_F(PluginFile, IsRefusedWhereverInItsFirstPageItIsCutShort) {
    write(bytes_of("probe.so").substr(0, 4096));
    for (std::size_t size = 4096; size-- > 0;) {
        fs::resize_file(file_, size);
        ASSERT_THAT(refusal(file_), EndsWith(kWanted)) << size;
    }
}

TEST(Plugin, TellsWhatItsFactoryThrew) {
    EXPECT_EQ(create_refusal("throw"), "no root, wanted a folder");
    EXPECT_EQ(create_refusal("throw 42"),
              "the plugin's factory threw something that is not a std::exception");
    EXPECT_EQ(create_refusal("nothing"), "the plugin's factory returned no application");
    EXPECT_EQ(create_refusal("{}"), "none");
}

std::string middleware_refusal(const std::string& app, std::string_view config) {
    try {
        const Middleware made = PluginLoader{{kPlugins}}.load(app).create_middleware(config);
        (void)made([](Environ&, StartResponse&) { return Body{}; });
        return "none";
    } catch (const PluginError& error) {
        return error.what();
    }
}

//
TEST(Plugin, TellsWhatAMiddlewareThrew) {
    EXPECT_EQ(middleware_refusal("wrapper", "throw"), "no size, wanted one");
    EXPECT_EQ(middleware_refusal("wrapper", "nothing"),
              "the plugin's factory returned no middleware");
    EXPECT_EQ(middleware_refusal("wrapper", "refuse"), "nothing fits into it");
    EXPECT_EQ(middleware_refusal("wrapper", "refuse 42"),
              "the middleware threw something that is not a std::exception");
    EXPECT_EQ(middleware_refusal("wrapper", "no application"),
              "the middleware returned no application");
    EXPECT_EQ(middleware_refusal("wrapper", "{}"), "none");
}

//
TEST(Plugin, IsOfOneKind) {
    EXPECT_EQ(middleware_refusal("probe", "throw"),
              (kPlugins / "probe.so").string() +
                  ": is an application, wanted a middleware; applications go into \"app\" of "
                  "\"apps\"")
        << "its factory is not called";
    const Plugin wrapper = PluginLoader{{kPlugins}}.load("wrapper");
    EXPECT_EQ(wrapper.name(), "wrapper");
    EXPECT_EQ(wrapper.version(), "2.1");
    try {
        (void)wrapper.create("throw");
        ADD_FAILURE() << "a middleware is no application";
    } catch (const PluginError& error) {
        EXPECT_EQ(error.what(), (kPlugins / "wrapper.so").string() +
                                    ": is a middleware, wanted an application; middleware goes "
                                    "into \"around\"");
    }
}

TEST(Plugin, ExportsOneSymbol) {
    // nm prints "0000000000003d60 D grove_plugin".
    for (const char* plugin : {"probe.so", "wrapper.so", GROVE_TEST_APPS "/headers.so",
                               GROVE_TEST_APPS "/request_log.so", GROVE_TEST_APPS "/hello.so",
                               GROVE_TEST_APPS "/echo.so", GROVE_TEST_APPS "/status.so",
                               GROVE_TEST_APPS "/welcome.so"}) {
        const std::string command = "nm -D --defined-only " + (kPlugins / plugin).string();
        FILE* const pipe = popen(command.c_str(), "r");
        ASSERT_NE(pipe, nullptr);
        char line[256] = "";
        int lines = 0;
        while (fgets(line, sizeof(line), pipe) != nullptr) {
            EXPECT_THAT(line, EndsWith(" grove_plugin\n"));
            ++lines;
        }
        EXPECT_EQ(pclose(pipe), 0);
        EXPECT_EQ(lines, 1) << plugin;
    }
}

}  // namespace
}  // namespace grove::http
