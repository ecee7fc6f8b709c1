// A listener of the configuration that speaks TLS.
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/connect.h>
#include <grove/core/tls.h>

#include "greenlet_test.h"
#include "program.h"
#include "serving.h"
#include "temporary_folder.h"
#include "test_certificates.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// A configuration file beside certificate.pem and key.pem, whatever those are.
// @param further  members of it. @param tls  members of "tls", each after a comma
std::string write_configuration(const TemporaryFolder& folder, const std::string& further = "",
                                const std::string& tls = "") {
    const std::string file = (folder.path() / "grove.json").string();
    std::ofstream{file} << R"({"listen": [{"address": "127.0.0.1:0", "tls": {)"
                        << R"("certificate": "certificate.pem", "key": "key.pem")" << tls << "}}]"
                        << further << R"(, "apps": [{"app": "echo"}], "log": {"access": "off"}})";
    return file;
}

void copy_to(const TemporaryFolder& folder, const TlsCertificate& certificate) {
    constexpr auto kReplace = std::filesystem::copy_options::overwrite_existing;
    copy_file(certificate.chain_file, folder.path() / "certificate.pem", kReplace);
    copy_file(certificate.key_file, folder.path() / "key.pem", kReplace);
}

constexpr const char* kRequest = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

// Until its last line has come.
std::string answer_on(Stream& stream) {
    stream.sendall(kRequest, 30s);
    std::string answer;
    std::array<char, 4096> buffer;
    while (!answer.ends_with("}\n")) {
        const std::size_t got = stream.recv(buffer, 30s);
        if (got == 0) break;
        answer.append(buffer.data(), got);
    }
    return answer;
}

/// A server over certificate.pem and key.pem, and a client that keeps its sessions.
struct TwoWorkers {
    explicit TwoWorkers(const std::string& further = R"(, "workers": 2, "accept": "shared")",
                        const std::string& tls = "") {
        copy_to(folder, authority.issue("first", {"DNS:localhost"}));
        server =
            std::make_unique<Serving>(serve_command({write_configuration(folder, further, tls)}),
                                      (folder.path() / "output").string());
    }

    Stream connected() const {
        return tls_connect(connect(Address::ip("127.0.0.1", server->port), 30s), client,
                           "localhost", 30s);
    }
    /// What was agreed on for one request. In a hub of its own: what signals do to a server may take longer
    /// than a test's greenlets have.
    TlsInfo asked() const {
        TlsInfo info;
        const auto body = [&] {
            Stream stream = connected();
            EXPECT_THAT(answer_on(stream), StartsWith("HTTP/1.1 200 OK\r\n"));
            info = *stream.tls();
        };
        test::run_in_fresh_hub(body, {});
        return info;
    }
    void wait_for(const std::string& text) const {
        while (server->program.read_error_line().find(text) == std::string::npos) {
        }
    }
    void reload() const {
        server->program.send_signal(SIGHUP);
        wait_for("reload: the new workers serve");
    }

    TemporaryFolder folder;
    TemporaryFolder issued;
    test::Authority authority{issued.path()};
    std::shared_ptr<TlsContext> client = TlsContext::client({.ca_file = authority.file()});
    std::unique_ptr<Serving> server;
};

// Stopped by the system, not by us: then only the other one can answer.
class Standing {
public:
    explicit Standing(pid_t pid) : pid_{pid} {
        ::kill(pid, SIGSTOP);
        std::string state;
        while (state != "T") {
            std::ifstream stat{"/proc/" + std::to_string(pid) + "/stat"};
            std::string text;
            std::getline(stat, text);
            state = text.substr(text.rfind(')') + 2, 1);
        }
    }
    ~Standing() { ::kill(pid_, SIGCONT); }
    Standing(const Standing&) = delete;
    Standing& operator=(const Standing&) = delete;

private:
    pid_t pid_;
};

TEST(GroveServeTls, ResumesInOneWorkerWhatAnotherBegan) {
    const TwoWorkers two;
    const std::vector<pid_t> workers = two.server->workers();
    {
        const Standing first{workers.at(0)};
        EXPECT_FALSE(two.asked().resumed);
    }
    const Standing second{workers.at(1)};
    EXPECT_TRUE(two.asked().resumed);
}

TEST(GroveServeTls, ResumesAfterAReloadAndInAWorkerThatTakesAnothersPlace) {
    const TwoWorkers two{""};
    EXPECT_FALSE(two.asked().resumed);
    two.reload();
    EXPECT_TRUE(two.asked().resumed);
    ::kill(two.server->workers().back(), SIGKILL);
    two.wait_for("another takes its place");
    EXPECT_TRUE(two.asked().resumed);
}

TEST(GroveServeTls, ShowsARenewedCertificateAfterAReload) {
    TwoWorkers two{R"(, "workers": 2)"};
    const auto one_connection = [&] {
        Stream open = two.connected();
        EXPECT_EQ(open.tls()->peer_subject, "CN=first");
        EXPECT_THAT(answer_on(open), Not(HasSubstr("Connection: close")));
        two.server->program.send_signal(SIGHUP);
        two.wait_for("reload: the new workers serve");
        EXPECT_THAT(answer_on(open), StartsWith("HTTP/1.1 200 OK\r\n"));
    };
    copy_to(two.folder, two.authority.issue("renewed", {"DNS:localhost"}));
    test::run_in_fresh_hub(one_connection, {});

    two.client = TlsContext::client({.ca_file = two.authority.file()});  // without sessions
    // What came before an old worker was told is still its to shake hands with.
    while (two.asked().peer_subject != "CN=renewed")
        two.client = TlsContext::client({.ca_file = two.authority.file()});
}

// O-041
TEST(GroveServeTls, RefusesWhomARenewedListRevokesAlsoWithASession) {
    const TemporaryFolder issued;
    test::Authority clients{issued.path()};
    const TlsCertificate mine = clients.issue("mine");
    TwoWorkers two{"", R"(, "client_ca": ")" + clients.file() + R"(", "client_crl": ")" +
                           clients.crl({}) + "\""};
    two.client = TlsContext::client({.ca_file = two.authority.file(), .certificate = mine});
    EXPECT_FALSE(two.asked().resumed);
    EXPECT_TRUE(two.asked().resumed);
    clients.crl({mine});
    two.reload();
    const auto refused = [&] {
        try {
            Stream stream = two.connected();
            return answer_on(stream).empty();
        } catch (const std::system_error&) {
            return true;
        }
    };
    // What came before the old worker was told is still its to shake hands with.
    bool was_refused = false;
    while (!was_refused) test::run_in_fresh_hub([&] { was_refused = refused(); }, {});
}

TEST(GroveServeTls, NeedsNoFilesForAWorkerThatTakesAnothersPlace) {
    TwoWorkers two{""};
    for (const char* name : {"certificate.pem", "key.pem"})
        std::filesystem::resize_file(two.folder.path() / name, 0);
    ::kill(two.server->workers().at(0), SIGKILL);
    two.wait_for("another takes its place");
    EXPECT_EQ(two.asked().peer_subject, "CN=first");

    two.server->program.send_signal(SIGHUP);
    two.wait_for("reload: nothing is changed");
    EXPECT_EQ(two.asked().peer_subject, "CN=first");
}

GREENLET_TEST(GroveServeTls, AnswersOverHttps) {
    const TemporaryFolder folder;
    const TemporaryFolder issued;
    test::Authority authority{issued.path()};
    copy_to(folder, authority.issue("localhost", {"DNS:localhost"}));
    const Serving server{serve_command({write_configuration(folder)}),
                         (folder.path() / "output").string()};
    EXPECT_THAT(server.line, StartsWith("grove: listening on https://127.0.0.1:"));

    EXPECT_THAT(server.get("/"), Not(HasSubstr("200 OK")));  // never in the clear

    Stream stream = tls_connect(connect(Address::ip("127.0.0.1", server.port), 5s),
                                TlsContext::client({.ca_file = authority.file()}), "localhost", 5s);
    stream.sendall("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 5s);
    std::string answer;
    std::array<char, 4096> buffer;
    while (const std::size_t got = stream.recv(buffer, 5s)) answer.append(buffer.data(), got);

    EXPECT_THAT(answer,
                AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("\"scheme\":\"https\"")));
}

GREENLET_TEST(GroveCheckTls, OpensCertificatesAndKeys) {
    const TemporaryFolder folder;
    const std::string missing = write_configuration(folder);
    const ProgramResult result = run_program({GROVE_TEST_BINARY, "check", missing});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.errors, AllOf(StartsWith(missing + ": /listen/0/tls/certificate: "),
                                     HasSubstr("certificate.pem")));
}

}  // namespace
}  // namespace grove
