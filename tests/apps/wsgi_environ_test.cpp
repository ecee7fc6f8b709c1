// What Python applications are told of a request and of the server: the environ of PEP 3333, by the built binary.
#include <fstream>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.h"
#include "test_certificates.h"
#include "wsgi_serving.h"

namespace grove {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class WsgiEnviron : public WsgiServing {};

TEST_F(WsgiEnviron, TheEnvironIsThatOfPep3333) {  // W-001 W-002 W-003 W-030
    const auto server = serve("\"apps\": [" + app("", "rows", "/m t") + "], \"workers\": 1");
    const std::string body = body_of(server->ask("POST /m%20t/environ/caf%C3%A9?a=%20b HTTP/1.1",
                                                 "Content-Type: x/y\r\nContent-Length: 2\r\n"
                                                 "X-A: 1\r\nX-A: \xe9\r\nX_B: no\r\n",
                                                 "ab"));
    for (const char* const line :
         {"dict True\n", "PATH_INFO '/environ/caf\xc3\x83\xc2\xa9'\n", "SCRIPT_NAME '/m t'\n",
          "QUERY_STRING 'a=%20b'\n", "REQUEST_METHOD 'POST'\n", "CONTENT_TYPE 'x/y'\n",
          "CONTENT_LENGTH '2'\n", "HTTP_X_A '1,\xc3\xa9'\n", "SERVER_PROTOCOL 'HTTP/1.1'\n",
          "REMOTE_ADDR '127.0.0.1'\n", "wsgi.version (1, 0)", "wsgi.url_scheme 'http'\n",
          "wsgi.multithread True\n", "wsgi.multiprocess False\n", "wsgi.run_once False\n",
          "wsgi.input_terminated True\n", "grove.request_id '"})
        EXPECT_THAT(body, HasSubstr(line));
    for (const char* const key : {"HTTP_CONTENT", "HTTP_X_B", "REMOTE_USER"})
        EXPECT_THAT(body, Not(HasSubstr(key)));
    EXPECT_THAT(body_of(server->get("/m%20t/environ")), HasSubstr("PATH_INFO '/environ'"));
}

TEST_F(WsgiEnviron, TellsOfOtherThreadsAndOtherProcesses) {  // W-002
    const auto two = serve_rows(R"(, "threads": 1)", R"(, "workers": 2)");
    EXPECT_THAT(body_of(two->get("/environ")), AllOf(HasSubstr("wsgi.multithread False\n"),
                                                     HasSubstr("wsgi.multiprocess True\n")));
}

TEST_F(WsgiEnviron, TellsOfAClientsCertificate) {  // W-030
    const TemporaryFolder issued;
    test::Authority authority{issued.path()};
    const TlsCertificate own = authority.issue("localhost", {"DNS:localhost"});
    const TlsCertificate ada = authority.issue("ada \"the first\"");
    std::ofstream{file("grove.json")}
        << R"({"listen": [{"address": "127.0.0.1:0", "tls": {"certificate": ")" << own.chain_file
        << R"(", "key": ")" << own.key_file << R"(", "client_ca": ")" << authority.file()
        << R"(", "client": "optional"}}], "plugin_path": [")" GROVE_TEST_APPS R"("], )"
        << R"("log": {"access": "off"}, "apps": [)" << app() << "]}";
    const Serving server{serve_command({file("grove.json")}), file("output")};
    // A field of that name is the client's own word, and has another key.
    const auto told = [&](const std::string& certificate) {
        const ProgramResult asked = run_program(
            {"/bin/sh", "-c",
             "exec curl -sS --cacert \"$1\" -H 'SSL-Client-S-DN: CN=forged' \"$2\" " + certificate,
             "sh", authority.file(),
             "https://localhost:" + std::to_string(server.port) + "/environ", ada.chain_file,
             ada.key_file});
        EXPECT_EQ(asked.exit_code, 0) << asked.errors;
        return asked.output;
    };
    EXPECT_THAT(
        told(R"(--cert "$3" --key "$4")"),
        AllOf(HasSubstr("wsgi.url_scheme 'https'\n"), HasSubstr("SSL_CLIENT_VERIFY 'SUCCESS'\n"),
              HasSubstr("\nSSL_CLIENT_S_DN 'CN=ada \\\\\"the first\\\\\"'\n"),
              HasSubstr("\nSSL_CLIENT_I_DN 'CN=grove test authority'\n"),
              HasSubstr("\nHTTP_SSL_CLIENT_S_DN 'CN=forged'\n"), Not(HasSubstr("REMOTE_USER"))));
    EXPECT_THAT(told(""), AllOf(HasSubstr("SSL_CLIENT_VERIFY 'NONE'\n"),
                                Not(HasSubstr("\nSSL_CLIENT_S_DN"))));
}

TEST_F(WsgiEnviron, OsEnvironIsSetBeforeTheImport) {  // "environment"
    const std::string path =
        write_module("told.py",
                     "import os\n"
                     "told = os.environ['TOLD'].encode()\n"
                     "def application(environ, start_response):\n"
                     "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
                     "    return [told]\n");
    const auto server = serve(R"("apps": [{"app": "wsgi", "config": {"module": "told")" + path +
                              R"(, "environment": {"TOLD": "it was"}}}])");
    EXPECT_EQ(brief(server->get("/")), "200 it was");
}

}  // namespace
}  // namespace grove
