// What the logs are told, and that they harm no request (S-118, S-141 to S-143).
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>

#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/http/access_format.h>

#include "greenlet_test.h"
#include "served_application.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

GREENLET_TEST(AccessLog, HasOneLineForEachRequest) {  // S-141
    ServedApplication served{[](http::Environ& environ, http::StartResponse& start) {
        environ.input().read();
        start("200 OK", {});
        return http::Body{"hello"};
    }};

    served.ask(get("/a?b") + get("/pipelined"));
    served.ask("bad\r\n");
    served.ask(get("/" + std::string(9000, 'x')));
    served.ask(get("/", "X: " + std::string(40000, 'x') + "\r\n"));
    {
        Client client{served.address()};
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
        client.finish_sending();
        EXPECT_TRUE(client.at_end());
    }
    { const Client silent{served.address()}; }
    EXPECT_TRUE(served.quiet());

    ASSERT_EQ(served.access_lines.size(), 6U);
    EXPECT_EQ(served.access_lines[0], "200 GET /a?b HTTP/1.1");
    EXPECT_EQ(served.access_lines[1], "200 GET /pipelined HTTP/1.1");
    EXPECT_EQ(served.access_lines[2], "400 bad");
    EXPECT_EQ(served.access_lines[3].substr(0, 12), "414 GET /xxx");
    EXPECT_EQ(served.access_lines[3].size(), 4 + 4096U);  // S-142
    EXPECT_EQ(served.access_lines[4], "431 GET / HTTP/1.1");
    EXPECT_EQ(served.access_lines[5], "0 POST / HTTP/1.1");
    EXPECT_EQ(served.access_bytes[0], 5U);  // S-140
    EXPECT_EQ(served.access_bytes[2], std::string{"Bad Request"}.size());
}

GREENLET_TEST(AccessLog, CountsWhatWasSentOfABrokenResponse) {  // S-118
    int steps = 0;
    int closed = 0;
    ServedApplication served{[&](http::Environ&, http::StartResponse& start) {
        start("200 OK", {});
        return http::Body{[&steps]() -> std::optional<std::string> {
                   if (++steps > 100) return std::nullopt;
                   return std::string(1000000, 'x');
               }}
            .on_close([&] { ++closed; });
    }};
    Client client{served.address()};
    client.send(get());
    sleep(5ms);
    client.reset();
    EXPECT_TRUE(served.quiet());

    EXPECT_LT(steps, 100);
    EXPECT_EQ(closed, 1);
    EXPECT_THAT(served.errors, IsEmpty());
    EXPECT_THAT(served.access_lines, ElementsAre("200 GET / HTTP/1.1"));
}

GREENLET_TEST(AccessLog, GetsNoBytesThatAFormatLeavesRaw) {  // S-142
    std::string line;
    http::WsgiOptions options;
    options.access_log = [&](const http::AccessRecord& record) {
        line = http::format_combined(record, std::chrono::system_clock::now());
    };
    ServedApplication served{say_hello(), options};

    EXPECT_EQ(served.ask("GET /\x1b[31m\" HTTP/1.1\r\nHost: h\r\n\r\n").status, 400);

    EXPECT_THAT(line, HasSubstr("\"GET /\\x1b[31m\\\" HTTP/1.1\" 400"));
    EXPECT_EQ(line.find('\x1b'), std::string::npos);
}

GREENLET_TEST(Logs, ThatThrowFailNoRequest) {  // S-143
    ignore_reports();
    http::WsgiOptions options;
    options.access_log = [](const http::AccessRecord&) { throw std::runtime_error{"disk full"}; };
    options.error_log = [](http::LogLevel, std::string_view) { throw 42; };
    ServedApplication served{say_hello(), options};
    Client client{served.address()};

    client.send(get() + get());
    EXPECT_EQ(client.brief(), "200 hello");
    EXPECT_EQ(client.brief(), "200 hello");
    EXPECT_EQ(served.ask("bad\r\n").status, 400);
}

GREENLET_TEST(Logs, TellACauseInOneLineWhateverTheClientSaid) {  // S-054, S-142
    ServedApplication served{[](http::Environ& environ, http::StartResponse&) -> http::Body {
        throw http::BadRequest{"no such thing: " + std::string{environ["PATH_INFO"]}};
    }};

    EXPECT_EQ(served.ask(get("/%0a%1bforged")).status, 400);

    EXPECT_THAT(served.errors, ElementsAre(HasSubstr("no such thing: /\\x0a\\x1bforged")));
}

GREENLET_TEST(Logs, AreNotFilledByRefusals) {  // O-087
    ServedApplication served{[](http::Environ& environ, http::StartResponse& start) {
        environ.input().read();
        start("200 OK", {});
        return http::Body{};
    }};
    const std::string bad_chunk =
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n";
    std::size_t asked = 0;
    const auto refused_once = [&] {
        ++asked;
        EXPECT_GE(
            served.ask(asked % 2 == 0 ? bad_chunk : std::string{"GET / HTTP/2.0\r\n\r\n"}).status,
            400);
    };
    const auto began = std::chrono::steady_clock::now();
    while (asked < 800) refused_once();
    const auto seconds =
        std::chrono::floor<std::chrono::seconds>(std::chrono::steady_clock::now() - began);
    EXPECT_LE(served.errors.size(), 200U * static_cast<std::size_t>(seconds.count() + 2));

    const auto is_counted = [&](const char* kind) {  // by a line of its kind
        const std::string& last = served.errors.back();
        return last.find(kind) != last.npos && last.find("(and ") != last.npos;
    };
    bool bad = false;
    bool unserved = false;
    while (!bad || !unserved) {
        refused_once();
        bad = bad || is_counted("chunk: no size");
        unserved = unserved || is_counted("not HTTP/1");
    }
    std::size_t told = served.errors.size();
    for (const std::string& error : served.errors) {
        const std::size_t at = error.find("(and ");
        if (at != error.npos) told += std::stoul(error.substr(at + 5));
    }
    EXPECT_EQ(told, asked);
    EXPECT_EQ(served.access_lines.size(), asked);
    EXPECT_EQ(served.access_lines.front(), "505 GET / HTTP/2.0");
}

GREENLET_TEST(SlowReader, IsDroppedAndItsApplicationSlowed) {  // S-119
    std::size_t made = 0;
    ServedApplication served{[&](http::Environ&, http::StartResponse& start) {
                                 start("200 OK", {});
                                 return http::Body{[&made]() -> std::optional<std::string> {
                                     made += 100000;
                                     return std::string(100000, 'x');
                                 }};
                             },
                             {.timeouts = {.write = 100ms}}};
    Client client{served.address()};
    client.send(get("/", "Connection: close\r\n"));

    const auto began = std::chrono::steady_clock::now();
    EXPECT_TRUE(served.quiet());

    EXPECT_LT(made, 50000000U);  // the kernel's buffers, and no more
    EXPECT_GE(std::chrono::steady_clock::now() - began, 95ms);
    EXPECT_THAT(served.errors, IsEmpty());
    EXPECT_THROW(client.read_to_end(),
                 std::system_error);  // reset: the kernel keeps nothing for it
}

}  // namespace
}  // namespace grove::test
