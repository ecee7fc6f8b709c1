// A-060: who sees files change, and `grove serve --watch`.
#include "file_changes.h"

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "supervised.h"
#include "test_certificates.h"

namespace grove {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

/// One that watches in this process until its object ends.
class Watcher {
public:
    explicit Watcher(const std::vector<std::string>& files) : Watcher{as_they_are(files)} {}
    explicit Watcher(const std::vector<http::WatchedFile>& files) {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
            throw std::system_error{errno, std::generic_category(), "socketpair"};
        own_.reset(ends[0]);
        thread_ = std::thread{[files, end = ends[1], this] {
            exit_code_ = http::tell_changes(files, FileDescriptor{end});
        }};
    }
    ~Watcher() { end(); }
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;

    /// Changes again and again, as it may not look yet, until it tells. @return what
    template <class Change>
    std::string told(Change change) const {
        pollfd watched{.fd = own_.get(), .events = POLLIN, .revents = 0};
        do {
            change();
        } while (::poll(&watched, 1, 3000) == 0);
        std::string text(4096, '\0');
        const ssize_t size = ::recv(own_.get(), text.data(), text.size(), 0);
        text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
        return text;
    }
    std::string told() const {
        return told([] {});
    }
    int end() {
        own_.reset();
        if (thread_.joinable()) thread_.join();
        return exit_code_;
    }

private:
    static std::vector<http::WatchedFile> as_they_are(const std::vector<std::string>& files) {
        std::vector<http::WatchedFile> now;
        for (const std::string& file : files) now.push_back({file, http::stamp_of(file)});
        return now;
    }

    FileDescriptor own_;
    std::thread thread_;
    int exit_code_ = -1;
};

void replace(const std::string& file, const std::string& text) {
    std::ofstream{file + ".new"} << text;
    fs::rename(file + ".new", file);
}

class FileChanges : public testing::Test {
protected:
    std::string file(const char* name) const { return (folder_.path() / name).string(); }
    TemporaryFolder folder_;
};

TEST_F(FileChanges, AreToldOfWhatIsWrittenOrReplaced) {
    std::ofstream{file("old")} << "1";
    Watcher watcher{{file("old"), file("none"), file("no/where")}};
    EXPECT_EQ(watcher.told([&] { std::ofstream{file("old")} << "2"; }), file("old"));
    EXPECT_EQ(watcher.told([&] { replace(file("old"), "3"); }), file("old"));
    EXPECT_EQ(watcher.told([&] { replace(file("none"), "is there"); }), file("none"));
    EXPECT_EQ(watcher.end(), 0);
}

TEST_F(FileChanges, AreToldOnceAllHaveSettled) {
    Watcher watcher{{file("a"), file("b")}};
    watcher.told([&] { replace(file("a"), "1"); });
    EXPECT_EQ(watcher.told([&] {
        replace(file("a"), "2");
        replace(file("beside"), "2");
        replace(file("b"), "2");
        replace(file("beside"), "3");
    }),
              file("b"));
}

// Between a reader and who looks from then on.
TEST_F(FileChanges, AreToldOfWhatHasChangedSinceItsStamp) {
    std::ofstream{file("written")} << "1";
    std::ofstream{file("replaced")} << "1";
    std::ofstream{file("gone")} << "1";
    std::ofstream{file("same")} << "1";
    const auto stamped = [&](const char* name) {
        return http::WatchedFile{file(name), http::stamp_of(file(name))};
    };
    const std::vector<http::WatchedFile> still{stamped("same"), stamped("gone"), stamped("none")};
    const auto written = stamped("written");
    const auto replaced = stamped("replaced");
    const auto made = stamped("made");
    std::ofstream{file("written"), std::ios::app} << "2";
    replace(file("replaced"), "2");
    std::ofstream{file("made")} << "1";
    fs::remove(file("gone"));
    for (const http::WatchedFile& one : {written, replaced, made}) {
        std::vector<http::WatchedFile> files = still;
        files.push_back(one);
        EXPECT_EQ(Watcher{files}.told(), one.path);
    }
    Watcher none{still};
    EXPECT_EQ(none.told([&] { replace(file("none"), "is there"); }), file("none"));
}

TEST_F(FileChanges, AreSeenWhereLinksLead) {
    fs::create_directory(file("far"));
    std::ofstream{file("far/target")} << "1";
    fs::create_symlink("far/target", file("near"));
    fs::create_symlink(file("near"), file("link"));
    fs::create_symlink("loop", file("loop"));
    Watcher watcher{{file("link"), file("loop")}};
    EXPECT_EQ(watcher.told([&] { replace(file("far/target"), "2"); }), file("link"));
    EXPECT_EQ(watcher.told([&] { std::ofstream{file("far/../far/target")} << "3"; }), file("link"));
}

// As Kubernetes does it with a ConfigMap: "a" leads through "..data", which is replaced.
TEST_F(FileChanges, AreSeenWhereALinkOnTheWayIsReplaced) {
    int made = 0;
    const auto switch_to_next = [&] {
        const std::string next = "..made" + std::to_string(++made);
        fs::create_directory(folder_.path() / next);
        std::ofstream{folder_.path() / next / "a"} << made;
        fs::create_symlink(next, file("..new"));
        fs::rename(file("..new"), file("..data"));
    };
    switch_to_next();
    fs::create_symlink("..data/a", file("a"));
    Watcher watcher{{file("a")}};
    EXPECT_EQ(watcher.told(switch_to_next), file("a"));
    EXPECT_EQ(watcher.told(switch_to_next), file("a"));
    EXPECT_EQ(watcher.told([&] { replace(file("..data/a"), "in place"); }), file("a"));
}

TEST_F(FileChanges, AreSeenWhereALinkIsRemovedAndMadeAnew) {
    for (const char* const release : {"1", "2"}) {
        fs::create_directory(file(release));
        std::ofstream{folder_.path() / release / "a"} << release;
    }
    fs::create_directory_symlink("1", file("current"));
    Watcher watcher{{file("current/a")}};
    EXPECT_EQ(watcher.told([&] {
        fs::remove(file("current"));
        fs::create_directory_symlink("2", file("current"));
    }),
              file("current/a"));
    EXPECT_EQ(watcher.told([&] { replace(file("2/a"), "3"); }), file("current/a"));
}

TEST_F(FileChanges, AreSeenInAFolderThatTakesThePlaceOfAnother) {
    int replaced = 0;
    fs::create_directory(file("conf"));
    std::ofstream{file("conf/a")} << "1";
    Watcher watcher{{file("conf/a"), file("b")}};
    EXPECT_EQ(watcher.told([&] {
        fs::create_directory(file("next"));
        std::ofstream{file("next/a")} << "2";
        fs::rename(file("conf"), file("former") + std::to_string(++replaced));
        fs::rename(file("next"), file("conf"));
    }),
              file("conf/a"));
    EXPECT_EQ(watcher.told([&] { std::ofstream{file("conf/a")} << "3"; }), file("conf/a"));
    EXPECT_EQ(watcher.told([&] {
        replace(file("b"), "1");
        replace(file("former1/a"), "4");  // nobody's now
    }),
              file("b"));
}

TEST_F(FileChanges, AreSeenInAFolderThatComes) {
    Watcher watcher{{file("none/to/come/a")}};
    EXPECT_EQ(watcher.told([&] {
        fs::create_directories(file("none/to/come"));
        std::ofstream{file("none/to/come/a")} << "1";
    }),
              file("none/to/come/a"));
    EXPECT_EQ(watcher.told([&] { std::ofstream{file("none/to/come/a")} << "2"; }),
              file("none/to/come/a"));
}

class ServeWatch : public Supervised {
protected:
    std::unique_ptr<Serving> watch(const std::string& members) const {
        configuration(members);
        return watch_file();
    }
    std::unique_ptr<Serving> watch_file() const {
        auto server = std::make_unique<Serving>(serve_command({"--watch", file("grove.json")}),
                                                file("output"));
        while (!looks(server->program.pid())) std::this_thread::yield();
        return server;
    }
    void change(const std::string& members) const {
        const std::string now = configuration(members);  // in place; then once more, by a rename
        std::ostringstream text;
        text << std::ifstream{now}.rdbuf();
        replace(now, text.str());
    }

private:
    /// A child of it watches: it waits, and does not do so before it has seen to all files.
    static bool looks(pid_t pid) {
        for (const pid_t child : children_of(pid)) {
            std::error_code error;
            fs::directory_iterator infos{"/proc/" + std::to_string(child) + "/fdinfo", error};
            for (; !error && infos != fs::directory_iterator{}; infos.increment(error)) {
                std::ostringstream text;
                text << std::ifstream{infos->path()}.rdbuf();
                if (text.str().find("inotify wd:1 ") != std::string::npos)
                    return state_of(child) == 'S';
            }
        }
        return false;
    }
};

// A worker of the old crew may still take a connection before it closes its listener.
std::string answer_of_new(Serving& server) {
    std::string answer = server.get("/");
    while (answer.ends_with("Hello, World!")) answer = server.get("/");
    return answer;
}

TEST_F(ServeWatch, ReloadsWhatChangesAndKeepsWhatServesIfThatIsNoGood) {
    const auto server = watch(kHello);

    change(R"("pool": "many", "apps": [{"app": "hello"}])");
    EXPECT_THAT(line_with(*server, "has changed"), HasSubstr("grove.json has changed"));
    EXPECT_THAT(line_with(*server, "nothing is changed"), HasSubstr("/pool: is "));
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));

    change(R"("apps": [{"app": "echo"}])");
    line_with(*server, "the new workers serve");
    EXPECT_THAT(answer_of_new(*server), HasSubstr("\"method\":\"GET\""));
    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);
}

TEST_F(ServeWatch, ReloadsAPluginThatIsBuiltAnew) {
    const std::string plugin = file("own.so");
    fs::copy_file(GROVE_TEST_APPS "/hello.so", plugin);
    const auto server = watch(R"("apps": [{"app": ")" + plugin + "\"}]");
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));

    fs::copy_file(GROVE_TEST_APPS "/echo.so", plugin + ".new");
    fs::rename(plugin + ".new", plugin);
    EXPECT_THAT(line_with(*server, "has changed"), HasSubstr("own.so has changed"));
    line_with(*server, "the new workers serve");
    EXPECT_THAT(answer_of_new(*server), HasSubstr("\"method\":\"GET\""));
}

// What the refused one names is looked at, whenever it comes.
TEST_F(ServeWatch, ReloadsWhenWhatARefusedConfigurationNamesIsThere) {
    const auto server = watch(kHello);
    const std::string plugin = file("later.so");

    change(R"("apps": [{"app": ")" + plugin + "\"}]");
    EXPECT_THAT(line_with(*server, "nothing is changed"), HasSubstr("later.so"));
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));

    fs::copy_file(GROVE_TEST_APPS "/echo.so", plugin + ".new");
    fs::rename(plugin + ".new", plugin);
    EXPECT_THAT(line_with(*server, "later.so has changed"), HasSubstr("reload: "));
    line_with(*server, "the new workers serve");
    EXPECT_THAT(answer_of_new(*server), HasSubstr("\"method\":\"GET\""));
}

TEST_F(ServeWatch, ReloadsACertificateThatIsRenewed) {  // A-060
    test::Authority authority{folder_.path()};
    const TlsCertificate certificate = authority.issue("localhost", {"DNS:localhost"});
    std::ofstream{file("grove.json")}
        << R"({"listen": [{"address": "127.0.0.1:0", "tls": {"certificate": ")"
        << certificate.chain_file << R"(", "key": ")" << certificate.key_file
        << R"("}}], "plugin_path": [")" GROVE_TEST_APPS
        << R"("], "log": {"access": "off"}, "apps": [{"app": "hello"}]})";
    const auto server = watch_file();

    EXPECT_EQ(authority.issue("localhost", {"DNS:localhost"}).chain_file, certificate.chain_file);

    EXPECT_THAT(line_with(*server, "has changed"), HasSubstr("/localhost."));
    line_with(*server, "the new workers serve");
    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);
}

TEST_F(ServeWatch, IsOffUnlessItIsAskedFor) {
    const auto server = serve(kHello);
    replace(file("grove.json"), "{");
    server->program.send_signal(SIGTERM);
    for (std::string line; line.find("stop: stopped") == line.npos;) {
        line = server->program.read_error_line();
        EXPECT_THAT(line, Not(HasSubstr("has changed")));
    }
}

}  // namespace
}  // namespace grove
