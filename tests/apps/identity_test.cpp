// Workers that give up root: as whom they run, and what still works without it. O-079
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <grove/core/file_descriptor.h>

#include "file_content.h"
#include "pipe.h"
#include "program.h"
#include "root_warning.h"
#include "running_program.h"
#include "supervised.h"
#include "test_certificates.h"

namespace grove {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

constexpr const char* kOwner = R"("apps": [{"app": "owner"}])";

// What /proc says of a process behind that key, without white space at its begin.
std::string status_of(pid_t pid, const std::string& key) {
    std::ifstream status{"/proc/" + std::to_string(pid) + "/status"};
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(key + ":\t")) return line.substr(key.size() + 2);
    }
    return "";
}

bool has_open(pid_t pid, const std::string& path) {
    const fs::directory_iterator descriptors{"/proc/" + std::to_string(pid) + "/fd"};
    return std::any_of(begin(descriptors), end(descriptors), [&](const auto& one) {
        std::error_code gone;
        return fs::read_symlink(one, gone) == path;
    });
}

// 3.5 of OpenSSL writes it without spaces.
auto shows(const std::string& common_name) {
    return testing::AnyOf(HasSubstr("CN = " + common_name + "\n"),
                          HasSubstr("CN=" + common_name + "\n"));
}

/// As root alone; a user that is not is there on every Debian.
class Identity : public Supervised {
protected:
    void SetUp() override {
        if (::geteuid() != 0) GTEST_SKIP() << "only root has something to give up";
        fs::permissions(folder_.path(), fs::perms{0755});  // the configuration's, for the plugins
        fs::create_directory(file("private"));
        fs::permissions(file("private"), fs::perms{0700});
    }
    /// What none but root may enter.
    std::string secret(const char* name) const { return file("private") + "/" + name; }
    std::string access_log(const char* name) const {
        return R"("log": {"access": ")" + secret(name) + R"(", "error": "-"}, )";
    }
    /// With this text for all of it.
    std::unique_ptr<Serving> serve_text(const std::string& text) const {
        std::ofstream{file("grove.json")}
            << R"({"listen": ["127.0.0.1:0"], "plugin_path": [")" GROVE_TEST_APPS
               R"(", ")" GROVE_TEST_PLUGINS R"("], )"
            << text << "}";
        return std::make_unique<Serving>(serve_command({file("grove.json")}), file("output"));
    }
    ProgramResult run(const std::string& command, const std::string& members) const {
        return run_program({GROVE_TEST_BINARY, command, configuration(members)});
    }
};

void expect_no_root(pid_t pid) {
    EXPECT_THAT(status_of(pid, "Uid"), StartsWith("33\t33\t33\t33"));
    EXPECT_THAT(status_of(pid, "Gid"), StartsWith("33\t33\t33\t33"));
    EXPECT_THAT(status_of(pid, "CapPrm"), "0000000000000000");
    EXPECT_THAT(status_of(pid, "CapEff"), "0000000000000000");
    EXPECT_THAT(status_of(pid, "NoNewPrivs"), "1");
}

TEST_F(Identity, IsThatOfAPluginsFirstCode) {
    const auto server = serve(std::string{R"("workers": 2, "user": "www-data", )"} + kOwner);
    EXPECT_EQ(body_of(server->get("/")), "33 33 33, dumpable 0");
    for (const pid_t worker : server->workers()) expect_no_root(worker);
    EXPECT_THAT(status_of(server->program.pid(), "Uid"), StartsWith("0\t0"));

    reload(*server);
    EXPECT_EQ(body_of(server->get("/")), "33 33 33, dumpable 0");
    while (server->workers().size() != 2) std::this_thread::yield();  // the old ones are gone
    for (const pid_t worker : server->workers()) ::kill(worker, SIGKILL);
    for (int lines = 0; lines < 2; ++lines) line_with(*server, "another takes its place");
    EXPECT_EQ(body_of(server->get("/")), "33 33 33, dumpable 0");
}

TEST_F(Identity, MayBeNamedByNumberWithAGroupAndBeDumpable) {
    auto server =
        serve(std::string{R"("user": "33", "group": "nogroup", "dumpable": true, )"} + kOwner);
    EXPECT_EQ(body_of(server->get("/")), "33 65534 65534, dumpable 1");
    server =
        serve(std::string{R"("user": "4711", "group": "4712", )"} + kOwner);  // without an entry
    EXPECT_EQ(body_of(server->get("/")), "4711 4712 4712, dumpable 0");
}

TEST_F(Identity, IsRootsIfNobodyIsNamed) {
    const auto server = serve(std::string{R"("user": null, "group": null, )"} + kOwner);
    EXPECT_THAT(body_of(server->get("/")), AllOf(StartsWith("0 0"), EndsWith(", dumpable 1")));
    EXPECT_EQ(status_of(server->workers().at(0), "NoNewPrivs"), "0");
}

TEST_F(Identity, ThatIsNobodysIsRefused) {
    const auto refusal = [&](const std::string& members) {
        const ProgramResult served = run("serve", members + ", " + kOwner);
        EXPECT_EQ(served.exit_code, 2) << members;
        const ProgramResult checked = run("check", members + ", " + kOwner);
        EXPECT_EQ(checked.exit_code, 2) << members;
        EXPECT_THAT(checked.errors, StartsWith(served.errors));  // then its warnings
        return served.errors;
    };
    const std::string begin = file("grove.json") + ": ";
    EXPECT_EQ(refusal(R"("user": "no-such-user")"),
              begin +
                  "/user: \"no-such-user\" is not a user of this system, must be a user's "
                  "name or number\n");
    EXPECT_EQ(refusal(R"("user": "nobody", "group": "no-such-group")"),
              begin +
                  "/group: \"no-such-group\" is not a group of this system, must be a group's "
                  "name or number\n");
    EXPECT_EQ(refusal(R"("user": "4711")"),
              begin + "/user: 4711 has no entry that names its group: \"group\" must name it\n");
    for (const char* const root : {"root", "0"}) {
        EXPECT_EQ(refusal(R"("user": ")" + std::string{root} + '"'),
                  begin + "/user: \"" + root +
                      "\" is root, must be another user, or null to stay root\n");
    }
    EXPECT_EQ(refusal(R"("user": null, "group": "nogroup")"),
              begin + "/group: needs a user beside it\n");
}

TEST_F(Identity, TakesAStartAsRootUnlessItIsThatAlready) {
    fs::permissions(folder_.path(), fs::perms{0777});
    const auto as_nobody = [](std::vector<std::string> command) {
        command.insert(command.begin(),
                       {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
        return command;
    };
    if (run_program(as_nobody({GROVE_TEST_BINARY, "--version"})).exit_code != 0)
        GTEST_SKIP() << "nobody may not run " GROVE_TEST_BINARY;
    const std::string config = configuration(std::string{R"("user": "www-data", )"} + kOwner);
    const ProgramResult served = run_program(as_nobody({GROVE_TEST_BINARY, "serve", config}));
    EXPECT_EQ(served.exit_code, 2);
    EXPECT_EQ(served.errors, config +
                                 ": /user: \"www-data\" needs grove to be started as root, "
                                 "not as user 65534\n");
    const ProgramResult checked = run_program(as_nobody({GROVE_TEST_BINARY, "check", config}));
    EXPECT_EQ(checked.exit_code, 0);
    EXPECT_THAT(
        checked.errors,
        HasSubstr(": /user: warning: needs grove to be started as root; this check loaded the "
                  "plugins as user 65534"));

    configuration(std::string{R"("user": "nobody", )"} + kOwner);
    const Serving server{as_nobody({GROVE_TEST_BINARY, "serve", config}), file("its-output")};
    EXPECT_THAT(body_of(server.get("/")), StartsWith("65534 65534"));
}

TEST_F(Identity, IsThatOfPluginsThatAreChecked) {
    const ProgramResult result =
        run("check", R"("user": "www-data", "apps": [{"app": "owner", "config": {"tell": 1}}])");
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.errors, HasSubstr("/apps/0: "));
    EXPECT_THAT(result.errors, HasSubstr("loaded as 33 33 33"));
}

TEST_F(Identity, MustBeAbleToEnterTheConfigurationsFolder) {
    fs::permissions(folder_.path(), fs::perms{0700});
    const ProgramResult result = run("serve", std::string{R"("user": "www-data", )"} + kOwner);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.errors, AllOf(HasSubstr("/apps/0: cannot enter the configuration's folder"),
                                     HasSubstr("Permission denied")));
}

TEST_F(Identity, LoadsCopiesOfPluginsThatAreNoMemory) {
    fs::create_directory(file("own"));
    std::vector<std::string> command =
        serve_command({configuration(std::string{R"("user": "www-data", )"} + kOwner)});
    command.insert(command.begin(), {"/usr/bin/env", "-u", "XDG_RUNTIME_DIR",
                                     "TMPDIR=" + file("own"), GROVE_TEST_WITHOUT_MEMORY_FILES});
    if (run_program({GROVE_TEST_WITHOUT_MEMORY_FILES, "/bin/true"}).exit_code == 77)
        GTEST_SKIP() << "this kernel has no seccomp filters";
    const Serving server{command, file("output")};
    EXPECT_THAT(body_of(server.get("/")), StartsWith("33 33 33"));
}

// The next requests go there, from some moment on.
void expect_to_reach(const Serving& server, const fs::path& log, const std::string& target) {
    for (const auto end = std::chrono::steady_clock::now() + 20s;
         content_of(log).find(target) == std::string::npos;) {
        ASSERT_LT(std::chrono::steady_clock::now(), end) << log;
        server.get(target);
        std::this_thread::sleep_for(1ms);  // the log's thread has its turn
    }
}

TEST_F(Identity, WritesLogsThatItMayNotOpen) {
    const auto server = serve_text(access_log("access.log") + R"("user": "www-data", )" + kOwner);
    expect_to_reach(*server, secret("access.log"), "/first");

    fs::rename(secret("access.log"), secret("access.log.1"));
    server->program.send_signal(SIGUSR1);
    expect_to_reach(*server, secret("access.log"), "/second");

    fs::rename(secret("access.log"), secret("access.log.2"));
    ::kill(server->workers().at(0), SIGUSR1);  // by itself, without its master's doing
    expect_to_reach(*server, secret("access.log"), "/third");
    EXPECT_THAT(content_of(secret("access.log")), Not(HasSubstr("/second")));

    fs::rename(secret("access.log"), secret("access.log.3"));
    server->program.send_signal(SIGUSR1);
    ::kill(server->workers().at(0), SIGKILL);  // who comes after it has the new one
    line_with(*server, "another takes its place");
    expect_to_reach(*server, secret("access.log"), "/fourth");
    reload(*server);
    expect_to_reach(*server, secret("access.log"), "/fifth");
    struct stat status {};
    ::stat(secret("access.log").c_str(), &status);
    EXPECT_EQ(status.st_uid, 0U);
}

// O-006: they were given the old one before their factories ran.
TEST_F(Identity, WritesToTheLogThatWasReopenedWhileTheFirstWorkersLoaded) {
    fs::permissions(folder_.path(), fs::perms{0777});  // the factories write there
    // What lies beside a plugin is loaded by the worker, who may not be able to enter the build's folder.
    fs::copy_file(GROVE_TEST_PLUGINS "/threads.so", file("threads.so"));
    fs::copy(GROVE_TEST_PLUGINS "/beside", file("beside"), fs::copy_options::recursive);
    std::ofstream{file("grove.json")} << R"({"listen": ["127.0.0.1:0"], "plugin_path": ["."], )"
                                      << access_log("access.log")
                                      << R"("user": "www-data", "workers": 2,
            "apps": [{"app": "threads", "config": {"gate": true}}]})";
    RunningProgram server{serve_command({file("grove.json")}), file("output")};
    const auto loads = [&](pid_t worker) {
        return fs::exists(file(("loading-" + std::to_string(worker)).c_str()));
    };
    const auto latest = std::chrono::steady_clock::now() + 30s;
    std::vector<pid_t> workers;
    while (workers.size() != 2 || !std::all_of(workers.begin(), workers.end(), loads)) {
        ASSERT_LT(std::chrono::steady_clock::now(), latest) << "it does not come to load";
        workers = children_of(server.pid());
    }
    fs::rename(secret("access.log"), secret("access.log.1"));

    server.send_signal(SIGUSR1);
    while (!fs::exists(secret("access.log"))) std::this_thread::yield();
    std::ofstream{file("gate")};

    std::string line;
    do {
        line = server.read_error_line();
    } while (line.find("grove: listening on ") == line.npos);
    for (const pid_t worker : workers) {
        const auto end = std::chrono::steady_clock::now() + 30s;
        while (has_open(worker, secret("access.log.1")) || !has_open(worker, secret("access.log")))
            ASSERT_LT(std::chrono::steady_clock::now(), end) << worker;
    }
}

TEST_F(Identity, KeepsALogThatCannotBeReopened) {
    const auto server = serve_text(access_log("access.log") + R"("user": "www-data", )" + kOwner);
    expect_to_reach(*server, secret("access.log"), "/first");
    fs::rename(file("private"), file("moved"));
    server->program.send_signal(SIGUSR1);
    EXPECT_THAT(line_with(*server, "cannot be reopened"),
                AllOf(HasSubstr(secret("access.log")), HasSubstr("the old file goes on")));
    expect_to_reach(*server, fs::path{file("moved")} / "access.log", "/second");
}

TEST_F(Identity, RefusesALogThatItsMasterCannotOpen) {
    std::ofstream{file("grove.json")} << R"({"listen": ["127.0.0.1:0"], "user": "www-data",
        "plugin_path": [")" GROVE_TEST_APPS R"("],
        "log": {"access": "none/access.log"}, "apps": [{"app": "hello"}]})";
    const ProgramResult result = run_program({GROVE_TEST_BINARY, "serve", file("grove.json")});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.errors, HasSubstr("access.log: cannot be opened for a log: No such file"));
}

// O-003: nor may it open the pipe to look for its reader.
TEST_F(Identity, WritesToAPipeThatIsReadNowAndThen) {
    const std::string pipe = secret("pipe");
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    const auto server = serve_text(access_log("pipe") + R"("user": "www-data", )" + kOwner);
    server->get("/unread");
    EXPECT_THAT(line_with(*server, " lost: "),
                HasSubstr(pipe + ": 1 line lost: no process reads the pipe"));
    const FileDescriptor writer{::open(pipe.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)};
    EXPECT_EQ(errno, ENXIO);
    EXPECT_FALSE(writer) << "the server is a reader itself";

    const auto expect_to_be_read = [&](const std::string& target) {
        const FileDescriptor reader{::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
        std::string said;
        for (const auto end = std::chrono::steady_clock::now() + 30s;
             std::chrono::steady_clock::now() < end && said.find(target) == said.npos;) {
            server->get(target);
            said += read_what_is_there(reader.get());
        }
        EXPECT_THAT(said, AllOf(HasSubstr("GET " + target), Not(HasSubstr("/unread"))));
    };
    expect_to_be_read("/first");
    expect_to_be_read("/second");
    fs::remove(pipe);
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    expect_to_be_read("/anew");
}

TEST_F(Identity, ReloadsKeysThatItMayNotRead) {
    TemporaryFolder issued;
    test::Authority authority{issued.path()};
    const auto put = [&](const std::string& name) {
        const TlsCertificate one = authority.issue(name, {"DNS:localhost"});
        constexpr auto kReplace = fs::copy_options::overwrite_existing;
        fs::copy_file(one.chain_file, secret("c.pem"), kReplace);
        fs::copy_file(one.key_file, secret("k.pem"), kReplace);
    };
    put("first");
    std::ofstream{file("grove.json")}
        << R"({"listen": [{"address": "127.0.0.1:0", "tls": {"certificate": "private/c.pem",
        "key": "private/k.pem"}}], "plugin_path": [")" GROVE_TEST_PLUGINS
           R"("], "log": {"access": "off"}, "user": "www-data", )"
        << kOwner << "}";
    Serving server{serve_command({file("grove.json")}), file("output")};
    const auto asked = [&] {
        return run_program(
                   {"/bin/sh", "-c",
                    "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | openssl s_client -ign_eof -connect "
                    "127.0.0.1:" +
                        std::to_string(server.port) + " 2>&1"})
            .output;
    };
    EXPECT_THAT(asked(), AllOf(shows("first"), HasSubstr("33 33 33")));
    put("second");
    reload(server);
    EXPECT_THAT(asked(), AllOf(shows("second"), HasSubstr("33 33 33")));
    while (server.workers().size() != 1) std::this_thread::yield();  // the former one is at its end
    ::kill(server.workers().at(0), SIGKILL);
    line_with(server, "another takes its place");
    EXPECT_THAT(asked(), AllOf(shows("second"), HasSubstr("33 33 33")));
}

TEST_F(Identity, ServesAUnixSocketOfRootsFolder) {
    std::ofstream{file("grove.json")}
        << R"({"listen": ["127.0.0.1:0", {"address": "unix:s", "mode": "0666"}], "plugin_path": [")" GROVE_TEST_PLUGINS
           R"("], "log": {"access": "off"}, "user": "www-data", )"
        << kOwner << "}";
    Serving server{serve_command({file("grove.json")}), file("output")};
    for (int round = 0; round < 2; ++round) {
        const PlainClient client{file("s")};
        client.send("GET / HTTP/1.0\r\n\r\n");
        EXPECT_THAT(client.read_to_end(), HasSubstr("33 33 33"));
        struct stat status {};
        ASSERT_EQ(::stat(file("s").c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777, 0666U);
        if (round == 0) reload(server);
    }
    server.program.send_signal(SIGTERM);
    EXPECT_EQ(server.program.wait(), 0);
    EXPECT_FALSE(fs::exists(file("s")));
}

// Whose death the kernel tells, which it forgets with the user: a worker that hangs hears nothing else.
TEST_F(Identity, EndsWithItsMasterThoughItHangs) {
    more_log_ = R"(, "blocking": 0.1)";
    const auto server =
        serve(R"("user": "www-data", "timeouts": {"worker": null}, "apps": [{"app": "blocker"}])");
    const pid_t worker = server->workers().at(0);
    const PlainClient stuck{server->port};
    stuck.send("GET /loop HTTP/1.1\r\nHost: x\r\n\r\n");
    line_with(*server, "has been kept");
    server->program.send_signal(SIGKILL);
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (alive(worker) && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    EXPECT_FALSE(alive(worker));
    ::kill(worker, SIGKILL);
}

// Whoever answers the admin meanwhile is no root either, as that reads what clients send.
TEST_F(Identity, IsWatchedAndReplacedAsRootIs) {
    more_log_ = R"(, "blocking": 0.1)";
    const auto server = serve(R"("user": "www-data", "admin": "127.0.0.1:0",
        "timeouts": {"worker": null}, "apps": [{"app": "blocker"}])");
    const std::uint16_t admin = admin_port(*server);
    const pid_t worker = server->workers().at(0);
    const PlainClient stuck{server->port};
    stuck.send("GET /loop HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(line_with(*server, "has been kept"),
                HasSubstr(kLoopsCanBeAsked ? "loop_without_end" : "GET /loop"));
    EXPECT_THAT(ask(admin, "/readyz"), StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(server->workers(), SizeIs(2));
    for (const pid_t child : server->workers()) expect_no_root(child);
    ::kill(worker, SIGABRT);
    line_with(*server, std::to_string(worker) + " was ended by signal 6");
    EXPECT_THAT(server->get("/"), StartsWith("HTTP/1.1 200 "));
    while (server->workers().size() != 1) std::this_thread::yield();
    expect_no_root(server->workers().at(0));
}

TEST_F(Identity, ThatIsNotNamedIsWarnedOf) {
    EXPECT_EQ(run("check", kOwner).errors, root_warning(file("grove.json")));
    EXPECT_EQ(run("check", std::string{R"("user": "www-data", )"} + kOwner).errors, "");
}

}  // namespace
}  // namespace grove
