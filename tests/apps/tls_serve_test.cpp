// A listener of the configuration that speaks TLS.
#include <array>
#include <fstream>
#include <string>

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
using testing::StartsWith;

// A configuration file beside certificate.pem and key.pem, whatever those are.
std::string write_configuration(const TemporaryFolder& folder, const std::string& further = "") {
    const std::string file = (folder.path() / "grove.json").string();
    std::ofstream{file} << R"({"listen": [{"address": "127.0.0.1:0", "tls": {)"
                        << R"("certificate": "certificate.pem", "key": "key.pem")" << further
                        << R"(}}], "apps": [{"app": "echo"}], "log": {"access": "off"}})";
    return file;
}

void copy_to(const TemporaryFolder& folder, const TlsCertificate& certificate) {
    using std::filesystem::copy_file;
    copy_file(certificate.chain_file, folder.path() / "certificate.pem");
    copy_file(certificate.key_file, folder.path() / "key.pem");
}

GREENLET_TEST(GroveServeTls, AnswersOverHttps) {
    const TemporaryFolder folder;
    const TemporaryFolder issued;
    test::Authority authority{issued.path()};
    copy_to(folder, authority.issue("localhost", {"DNS:localhost"}));
    const Serving server{serve_command({write_configuration(folder)}),
                         (folder.path() / "output").string()};
    EXPECT_THAT(server.line, StartsWith("grove: listening on https://127.0.0.1:"));

    EXPECT_THAT(server.get("/"), testing::Not(HasSubstr("200 OK")));  // never in the clear

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
    EXPECT_THAT(result.errors,
                AllOf(StartsWith(missing + ": /listen/0/tls: "), HasSubstr("certificate.pem")));
}

}  // namespace
}  // namespace grove
