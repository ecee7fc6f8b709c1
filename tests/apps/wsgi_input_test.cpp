// What Python applications read: wsgi.input by the built binary.
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wsgi_serving.h"

namespace grove {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class WsgiInput : public WsgiServing {
protected:
    static std::string post(const Serving& server, const std::string& calls, bool chunked) {
        const std::string body = "one\ntwo\n\nthree";
        const std::string pieces = "3\r\none\r\n5\r\n\ntwo\n\r\n6\r\n\nthree\r\n0\r\n\r\n";
        return brief(
            server.ask("POST /raw/inputs?" + calls + " HTTP/1.1",
                       chunked ? "Transfer-Encoding: chunked\r\n" : "Content-Length: 14\r\n",
                       chunked ? pieces : body));
    }
};

TEST_F(WsgiInput, IsReadInEachOfItsWays) {  // W-014
    for (const char* const buffer : {"", R"(, "buffer": null)", R"(, "buffer": 5)"}) {
        SCOPED_TRACE(buffer);
        const auto server = serve_rows(buffer);
        for (const bool chunked : {false, true}) {
            SCOPED_TRACE(chunked);
            EXPECT_EQ(post(*server, "r", chunked), R"(200 b'one\ntwo\n\nthree')");
            EXPECT_EQ(post(*server, "r0,r5,r100,r1,r,a", chunked),
                      R"(200 b'' b'one\nt' b'wo\n\nthree' b'' b'' b'')");
            EXPECT_EQ(post(*server, "l,l2,l,l,l,l,l", chunked),
                      R"(200 b'one\n' b'tw' b'o\n' b'\n' b'three' b'' b'')");
            EXPECT_EQ(post(*server, "l,i,i,r", chunked),
                      R"(200 b'one\n' [b'two\n', b'\n', b'three'] [] b'')");
            EXPECT_EQ(post(*server, "L5,L,L", chunked),
                      R"(200 [b'one\n', b'two\n'] [b'\n', b'three'] [])");
        }
        EXPECT_EQ(brief(server->get("/inputs?r3,l,a")), "200 b'' b'' b''");
    }
}

// The client sends its body in pieces that end at each byte.
TEST_F(WsgiInput, IsTheSameWhereverItsBytesAreCut) {  // W-014
    const auto server = serve_rows(R"(, "buffer": null)");
    const std::string body = "4\r\nab\nc\r\n3\r\nd\ne\r\n0\r\n\r\n";
    for (std::size_t cut = 0; cut <= body.size(); ++cut) {
        const PlainClient client{server->port};
        client.send(
            "POST /raw/inputs?l,r2,l,l HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            "Transfer-Encoding: chunked\r\n\r\n" +
            body.substr(0, cut));
        client.send(body.substr(cut));
        EXPECT_THAT(client.read_to_end(), EndsWith(R"(b'ab\n' b'cd' b'\n' b'e')")) << cut;
    }
}

TEST_F(WsgiInput, OfHalfSentBodiesHoldsNoThread) {  // W-017
    // Else grove itself waits for the rest.
    const auto server = serve_rows(R"(, "threads": 2)", R"(, "limits": {"body_buffer": 0})");
    std::vector<std::unique_ptr<PlainClient>> clients;
    for (int i = 0; i < 20; ++i) {
        clients.push_back(std::make_unique<PlainClient>(server->port));
        clients.back()->send(
            "POST /raw/inputs?a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            "Content-Length: 4\r\n\r\nab");
    }
    EXPECT_THAT(brief(server->get("/threads")), StartsWith("200 grove-"));
    for (const auto& client : clients) client->send("cd");
    for (const auto& client : clients) EXPECT_THAT(client->read_to_end(), EndsWith("b'abcd'"));
}

TEST_F(WsgiInput, AsksForABodyThatTheClientHoldsBack) {  // W-017
    const auto server = serve_rows();
    const PlainClient client{server->port};
    client.send(
        "POST /raw/inputs?a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n"
        "Content-Length: 4\r\n\r\n");
    EXPECT_THAT(client.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 100 "));
    client.send("abcd");
    EXPECT_THAT(client.read_to_end(), EndsWith("b'abcd'"));

    const PlainClient refused{server->port};
    refused.send(
        "POST /threads HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n"
        "Content-Length: 4\r\n\r\n");
    EXPECT_THAT(refused.read_to_end(), StartsWith("HTTP/1.1 200 "));  // it was not asked for
}

TEST_F(WsgiInput, OfAClientThatGoesIsAnOsErrorAndNoTraceback) {  // W-015
    const auto server = serve_rows();
    {
        const PlainClient client{server->port};
        client.send(
            "POST /raw/reads HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
            "Content-Length: 200000\r\n\r\n");
        client.read_until("100 Continue\r\n\r\n");  // the application reads
        client.send(std::string(100'000, 'r'));
    }
    line_with(*server, "reads: ConnectionResetError");
    server->get("/prints");
    std::string line;
    while (line.find("printed by print") == std::string::npos) {
        line = server->program.read_error_line();
        EXPECT_THAT(line, Not(HasSubstr("Traceback")));
    }
}

TEST_F(WsgiInput, IsOneThreadsAtATime) {  // W-034
    const auto server = serve_rows();
    const PlainClient client{server->port};
    const std::string half(100'000, 'r');
    client.send(
        "POST /raw/two_read HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        "Content-Length: 200000\r\n\r\n" +
        half);
    line_with(*server, "two_read: another thread reads this request's wsgi.input");
    client.send(half);
    EXPECT_THAT(client.read_to_end(), EndsWith("[200000]"));
}

}  // namespace
}  // namespace grove
