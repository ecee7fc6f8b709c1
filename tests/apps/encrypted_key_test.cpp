// Files under a password: refused, also where there is a terminal that could be asked for it (O-004).
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <grove/core/connect.h>
#include <grove/core/file_descriptor.h>
#include <grove/core/tls.h>

#include "greenlet_test.h"
#include "program.h"
#include "serving.h"
#include "temporary_folder.h"
#include "test_certificates.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using test::Encryption;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPrompt = "pass phrase";
constexpr int kPatience = 30000;  // milliseconds

/// A program whose controlling terminal nobody sits at. Killed at its end if it still runs.
class OnATerminal {
public:
    explicit OnATerminal(std::vector<std::string> arguments)
        : terminal_{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)} {
        if (!terminal_ || ::grantpt(terminal_.get()) != 0 || ::unlockpt(terminal_.get()) != 0)
            throw std::system_error{errno, std::generic_category(), "posix_openpt"};
        const std::string name = ::ptsname(terminal_.get());
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        // The first terminal that the leader of a session opens is the session's.
        for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
            ::posix_spawn_file_actions_addopen(&actions, fd, name.c_str(), O_RDWR, 0);
        posix_spawnattr_t attributes;
        ::posix_spawnattr_init(&attributes);
        ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
        std::vector<char*> argv;
        for (std::string& argument : arguments) argv.push_back(argument.data());
        argv.push_back(nullptr);
        const int error =
            ::posix_spawn(&pid_, argv[0], &actions, &attributes, argv.data(), environ);
        ::posix_spawnattr_destroy(&attributes);
        ::posix_spawn_file_actions_destroy(&actions);
        if (error != 0) throw std::system_error{error, std::generic_category(), arguments[0]};
    }
    ~OnATerminal() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    OnATerminal(const OnATerminal&) = delete;
    OnATerminal& operator=(const OnATerminal&) = delete;

    /// What stands there up to `text`, or to the end of the program. A prompt ends it, too: nobody would answer.
    std::string read_until(const std::string& text) {
        std::string seen;
        while (seen.find(text) == seen.npos && seen.find(kPrompt) == seen.npos) {
            pollfd watched{.fd = terminal_.get(), .events = POLLIN, .revents = 0};
            if (::poll(&watched, 1, kPatience) != 1) throw std::runtime_error{"only: " + seen};
            std::array<char, 4096> piece{};
            const ssize_t got = ::read(terminal_.get(), piece.data(), piece.size());
            if (got <= 0) break;  // EIO: nobody has it open any more
            seen.append(piece.data(), static_cast<std::size_t>(got));
        }
        return seen;
    }
    /// @pre its end is near
    int wait() {
        int status = 0;
        ::waitpid(std::exchange(pid_, -1), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }
    void send_signal(int number) const { ::kill(pid_, number); }

private:
    FileDescriptor terminal_;
    pid_t pid_ = -1;
};

class EncryptedCertificate : public testing::Test {
protected:
    std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

    /// @param further  members of "tls"
    std::string configuration(const std::string& further = "") const {
        std::ofstream{path("grove.json")}
            << R"({"listen": [{"address": "127.0.0.1:0", "tls": {"certificate": ")"
            << good_.chain_file << R"(", "key": ")" << good_.key_file << "\"" << further
            << R"(}}], "apps": [{"app": "hello"}], "log": {"access": "off"}})";
        return path("grove.json");
    }
    static std::string refusal(const std::string& pointer, const std::string& file) {
        return pointer + ": the key \"" + file + "\" is encrypted, must be without a password";
    }

    TemporaryFolder folder_;
    test::Authority authority_{folder_.path()};
    TlsCertificate good_ = authority_.issue("localhost", {"DNS:localhost"});
};

class EncryptedKey : public EncryptedCertificate, public testing::WithParamInterface<Encryption> {};

TEST_P(EncryptedKey, IsRefusedByCheckAndServeOnATerminal) {
    test::encrypt_key(good_.key_file, GetParam());
    for (const char* command : {"check", "serve"}) {
        OnATerminal program{{GROVE_TEST_BINARY, command, configuration()}};
        const std::string seen = program.read_until(kPrompt);
        ASSERT_THAT(seen, Not(HasSubstr(kPrompt))) << command;
        EXPECT_THAT(seen, HasSubstr(refusal("/listen/0/tls/key", good_.key_file))) << command;
        EXPECT_EQ(program.wait(), 2) << command;
    }
}

TEST_P(EncryptedKey, ChangesNothingInAReloadOnATerminal) {
    OnATerminal server{{GROVE_TEST_BINARY, "serve", configuration()}};
    const std::string line = server.read_until("\n");
    const std::string host = "https://127.0.0.1:";
    ASSERT_THAT(line, HasSubstr(host));
    const auto port =
        static_cast<std::uint16_t>(std::stoul(line.substr(line.find(host) + host.size())));

    test::encrypt_key(good_.key_file, GetParam());
    server.send_signal(SIGHUP);
    const std::string seen = server.read_until("must be without a password");
    ASSERT_THAT(seen, Not(HasSubstr(kPrompt)));
    EXPECT_THAT(seen, AllOf(HasSubstr("reload: nothing is changed: "),
                            HasSubstr(refusal("/listen/0/tls/key", good_.key_file))));

    test::run_in_fresh_hub(
        [&] {
            const auto client = TlsContext::client({.ca_file = authority_.file()});
            tls_connect(connect(Address::ip("127.0.0.1", port), 30s), client, "localhost", 30s);
        },
        {});
    server.send_signal(SIGTERM);
    server.read_until("stop: stopped");
    EXPECT_EQ(server.wait(), 0);
}

TEST_P(EncryptedKey, IsNamedByItsHostAndIsNoReasonToAskWithoutATerminal) {
    const TlsCertificate named = authority_.issue("named", {"DNS:named"});
    test::encrypt_key(named.key_file, GetParam());
    const std::string file =
        configuration(R"(, "names": {"other.org": {"certificate": ")" + good_.chain_file +
                      R"(", "key": ")" + good_.key_file + R"("}, "named.org": {"certificate": ")" +
                      named.chain_file + R"(", "key": ")" + named.key_file + R"("}})");
    const ProgramResult result = run_program({GROVE_TEST_BINARY, "check", file});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.errors,
                AllOf(HasSubstr("grove.json: " +
                                refusal("/listen/0/tls/names/named.org/key", named.key_file)),
                      Not(HasSubstr(kPrompt))));
}

INSTANTIATE_TEST_SUITE_P(EachForm, EncryptedKey,
                         testing::Values(Encryption::kTraditional, Encryption::kPkcs8),
                         [](const auto& form) {
                             return form.param == Encryption::kPkcs8 ? "Pkcs8" : "Traditional";
                         });

TEST_F(EncryptedCertificate, IsRefusedWithItsPointerOnATerminal) {
    const TlsCertificate hidden = authority_.issue("hidden", {"DNS:hidden"});
    test::encrypt_certificate(hidden.chain_file);
    const std::vector<std::pair<std::string, std::string>> rows{
        {R"(, "client_ca": ")" + hidden.chain_file + "\"", "/listen/0/tls/client_ca: "},
        {R"(, "names": {"hidden": {"certificate": ")" + hidden.chain_file + R"(", "key": ")" +
             hidden.key_file + R"("}})",
         "/listen/0/tls/names/hidden/certificate: "}};
    for (const auto& [members, pointer] : rows) {
        OnATerminal program{{GROVE_TEST_BINARY, "check", configuration(members)}};
        const std::string seen = program.read_until(kPrompt);
        ASSERT_THAT(seen, Not(HasSubstr(kPrompt))) << pointer;
        EXPECT_THAT(seen, AllOf(HasSubstr(pointer),
                                HasSubstr("\"" + hidden.chain_file + "\" is encrypted, must be")));
        EXPECT_EQ(program.wait(), 2);
    }
}

}  // namespace
}  // namespace grove
