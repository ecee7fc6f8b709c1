// `grove serve` from its first line to its exit code, with the plugins that ship.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.h"
#include "running_program.h"
#include "serving.h"
#include "temporary_folder.h"

namespace grove {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

class GroveServe : public testing::Test {
protected:
    std::string file(const char* name) const { return (folder_.path() / name).string(); }

    std::string content_of(const char* name) const {
        std::ostringstream text;
        text << std::ifstream{file(name), std::ios::binary}.rdbuf();
        return text.str();
    }

    std::string configuration(const std::string& text) const {
        std::ofstream{file("grove.json")} << text;
        return file("grove.json");
    }

    TemporaryFolder folder_;
};

TEST_F(GroveServe, MakesAUnixSocketWithTheModeAskedFor) {
    const std::string with = configuration(
        R"({"listen": ["127.0.0.1:0", {"address": "unix:grove.sock", "mode": "0620"}],)"
        R"( "apps": [{"app": "hello"}], "log": {"access": "off"}})");
    Serving server{serve_command({with}), file("output")};
    EXPECT_EQ(server.program.read_error_line(), "grove: listening on unix:" + file("grove.sock"));
    EXPECT_EQ(std::filesystem::status(file("grove.sock")).permissions(),
              std::filesystem::perms{0620});
}

TEST_F(GroveServe, TakesItsAddressAndWorkersFromTheEnvironment) {  // A-063
    const std::string with = configuration(
        R"({"listen": ["127.0.0.1:${GROVE_TEST_PORT}"], "workers": "${GROVE_TEST_WORKERS:-2}",)"
        R"( "apps": [{"app": "hello"}], "log": {"access": "off"}})");
    ::setenv("GROVE_TEST_PORT", "0", 1);
    Serving server{serve_command({with}), file("output")};
    EXPECT_EQ(server.workers().size(), 2U);
    EXPECT_THAT(server.get("/"), EndsWith("Hello, World!"));

    ::unsetenv("GROVE_TEST_PORT");
    const ProgramResult without = run_program(serve_command({with}));
    EXPECT_EQ(without.exit_code, 2);
    EXPECT_THAT(without.errors,
                StartsWith(with + ": /listen/0: the environment has no GROVE_TEST_PORT: "));
}

TEST_F(GroveServe, ServesTheConfigurationThatShips) {
    Serving server{serve_command({"--listen", "127.0.0.1:0", "--access-log", "off"}),
                   file("output")};

    const std::string welcome = server.get("/");
    EXPECT_THAT(welcome, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(welcome, HasSubstr("Content-Type: text/html"));
    EXPECT_THAT(welcome, HasSubstr("<a href=\"/hello\">hello</a>"));
    EXPECT_THAT(welcome, HasSubstr("<a href=\"/echo\">echo</a>"));
    EXPECT_THAT(server.get("/nope"), StartsWith("HTTP/1.1 404 Not Found\r\n"));
    EXPECT_THAT(server.get("/hello"), EndsWith("\r\n\r\nHello, World!"));
    EXPECT_THAT(server.get("/hello/"), EndsWith("\r\n\r\nHello, World!"));
    EXPECT_THAT(server.get("/hello/x"), StartsWith("HTTP/1.1 404 Not Found\r\n"));
    EXPECT_THAT(server.get("/hellox"), StartsWith("HTTP/1.1 404 Not Found\r\n"));
    EXPECT_THAT(server.get("/echo/a%20b?q=1"),
                HasSubstr("\"path\":\"/a b\",\"script_name\":\"/echo\",\"query\":\"q=1\""));

    server.program.send_signal(SIGTERM);
    EXPECT_EQ(server.program.wait(), 0);
    EXPECT_EQ(content_of("output"), "");
}

TEST_F(GroveServe, EchoesBytesAsLatin1) {
    Serving server{
        serve_command({"--listen", "127.0.0.1:0", "--app", "echo", "--access-log", "off"}),
        file("output")};

    const PlainClient client{server.port};
    client.send(
        "POST /%FF HTTP/1.1\r\nHost: x\r\nX-Twice: 1\r\nX-Twice: \xe4\r\nContent-Length: 3\r\n"
        "Connection: close\r\n\r\na\xff\n");
    const std::string answer = client.read_to_end();

    EXPECT_THAT(answer, HasSubstr("\"path\":\"/\xc3\xbf\""));
    EXPECT_THAT(answer, HasSubstr("\"x-twice\":\"1,\xc3\xa4\""));
    EXPECT_THAT(answer, HasSubstr("\"content-length\":\"3\""));
    EXPECT_THAT(answer, HasSubstr("\"body\":\"a\xc3\xbf\\n\",\"body_length\":3"));
}

TEST_F(GroveServe, AnswersWithTheStatusThatIsAskedFor) {
    Serving server{
        serve_command({"--listen", "127.0.0.1:0", "--app", "status:/s", "--access-log", "off"}),
        file("output")};

    EXPECT_THAT(server.get("/s/404"), StartsWith("HTTP/1.1 404 Not Found\r\n"));
    EXPECT_THAT(server.get("/s/204"), StartsWith("HTTP/1.1 204 No Content\r\n"));
    EXPECT_THAT(server.get("/s/304"), StartsWith("HTTP/1.1 304 Not Modified\r\n"));
    EXPECT_THAT(server.get("/s/599"), StartsWith("HTTP/1.1 599 "));
    EXPECT_THAT(server.get("/s/200?a%20b%zz"), HasSubstr("\r\nX-Probe: a b%zz\r\n"));
    EXPECT_THAT(server.get("/s/200"), Not(HasSubstr("X-Probe")));
    const std::string injected = server.get("/s/200?a%0d%0aX-Evil:%201");
    EXPECT_THAT(injected, StartsWith("HTTP/1.1 500 "));
    EXPECT_THAT(injected, Not(HasSubstr("X-Evil")));
    for (const char* target :
         {"/s", "/s/", "/s/199", "/s/600", "/s/20", "/s/2000", "/s/+20", "/s/abc", "/s/200/", "/"})
        EXPECT_THAT(server.get(target), StartsWith("HTTP/1.1 404 Not Found\r\n")) << target;
}

TEST_F(GroveServe, WritesOneAccessLineARequest) {
    Serving server{serve_command({"--listen", "127.0.0.1:0", "--app", "hello"}), file("output")};

    server.get("/");
    server.get("/x?\"");
    server.program.send_signal(SIGINT);
    EXPECT_EQ(server.program.wait(), 0);

    EXPECT_THAT(
        content_of("output"),
        MatchesRegex("127.0.0.1 - - [^\n]*\"GET / HTTP/1.1\" 200 13 \"-\" \"-\"\n"
                     "127.0.0.1 - - [^\n]*\"GET /x\\?\\\\\" HTTP/1.1\" 404 10 \"-\" \"-\"\n"));
}

TEST_F(GroveServe, ListensOnASocketInTheFileSystemUntilItEnds) {
    Serving server{serve_command({configuration(R"({"listen": ["127.0.0.1:0", "unix:grove.sock"],
                                              "apps": [{"app": "hello"}]})")}),
                   file("output")};

    EXPECT_EQ(server.program.read_error_line(), "grove: listening on unix:" + file("grove.sock"));
    EXPECT_EQ(server.program.read_error_line(),  // A-062
              "grove: master " + std::to_string(server.program.pid()) + ", 1 worker");
    EXPECT_TRUE(std::filesystem::is_socket(file("grove.sock")));

    server.program.send_signal(SIGTERM);
    EXPECT_EQ(server.program.wait(), 0);
    EXPECT_FALSE(std::filesystem::exists(file("grove.sock")));
}

TEST_F(GroveServe, LetsWhatRunsFinishButTakesNobodyNew) {
    Serving server{serve_command({"--listen", "127.0.0.1:0", "--app", "echo"}), file("output")};
    const PlainClient client{server.port};
    client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    client.read_until("100 Continue\r\n\r\n");  // so the application runs, and reads

    server.program.send_signal(SIGTERM);
    server.program.send_signal(SIGTERM);  // a second one changes nothing
    EXPECT_THROW(for (;;) PlainClient{server.port};, std::system_error);
    client.send("ab");
    const std::string answer = client.read_to_end();

    EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_THAT(answer, HasSubstr("\"body\":\"ab\""));
    EXPECT_EQ(server.program.wait(), 0);
}

TEST_F(GroveServe, KillsWhatRunsLongerThanTheTimeOut) {
    Serving server{serve_command({configuration(R"({"listen": ["127.0.0.1:0"],
                                              "apps": [{"app": "echo"}],
                                              "timeouts": {"shutdown": 0.05}})")}),
                   file("output")};
    const PlainClient client{server.port};
    client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    client.read_until("100 Continue\r\n\r\n");

    server.program.send_signal(SIGTERM);

    EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 503 "));
    EXPECT_EQ(server.program.wait(), 0);
}

TEST_F(GroveServe, MayHaveAsManyFilesOpenAsTheSystemAllows) {
    const Serving server{serve_command({"--listen", "127.0.0.1:0", "--app", "hello"}),
                         file("output")};

    std::ifstream limits{"/proc/" + std::to_string(server.program.pid()) + "/limits"};
    std::string line;
    while (std::getline(limits, line) && !line.starts_with("Max open files")) {
    }
    std::istringstream fields{line.substr(std::string{"Max open files"}.size())};
    std::string soft;
    std::string hard;
    fields >> soft >> hard;
    EXPECT_EQ(soft, hard);
}

TEST_F(GroveServe, EndsAtOnceIfAnAddressIsInUse) {
    const Serving server{serve_command({"--listen", "127.0.0.1:0", "--app", "hello"}),
                         file("output")};
    const std::string taken = "127.0.0.1:" + std::to_string(server.port);

    const ProgramResult second = run_program(
        serve_command({"--listen", "127.0.0.1:0", "--listen", taken, "--app", "hello"}));

    EXPECT_EQ(second.exit_code, 1);
    EXPECT_EQ(second.output, "");
    EXPECT_THAT(second.errors, MatchesRegex("grove: [^\n]*Address already in use\n"));
    EXPECT_THAT(second.errors, HasSubstr(taken));
}

TEST_F(GroveServe, EndsAtOnceIfALogCannotBeOpened) {
    const ProgramResult result =
        run_program(serve_command({"--listen", "127.0.0.1:0", "--app", "hello", "--access-log",
                                   file("nowhere") + "/access.log"}));

    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.errors, file("nowhere") +
                                 "/access.log: cannot be opened for a log: No such file or "
                                 "directory\n");
}

}  // namespace
}  // namespace grove
