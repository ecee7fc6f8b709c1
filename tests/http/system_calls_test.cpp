// System calls that a request must make, or must not: counted where the process calls the C library.
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include <grove/http/file.h>
#include <grove/http/middleware.h>

#include "greenlet_test.h"
#include "served_application.h"
#include "temporary_folder.h"

namespace {

int asked_for_names = 0;
int receives = 0;
std::uint64_t sent_by_the_kernel = 0;  // bytes of files
bool disk_fails = false;
int answers_sent = 0;  // calls that send the beginning of one, and perhaps others

}  // namespace

extern "C" {

__attribute__((visibility("default"))) int getsockname(int fd, sockaddr* address,
                                                       socklen_t* bytes) noexcept {
    ++asked_for_names;
    return static_cast<int>(::syscall(SYS_getsockname, fd, address, bytes));
}

__attribute__((visibility("default"))) ssize_t recv(int fd, void* into, std::size_t bytes,
                                                    int flags) noexcept {
    ++receives;
    return ::syscall(SYS_recvfrom, fd, into, bytes, flags, nullptr, nullptr);
}

__attribute__((visibility("default"))) ssize_t sendfile(int to, int from, off_t* offset,
                                                        std::size_t bytes) noexcept {
    if (disk_fails) {
        errno = EIO;
        return -1;
    }
    const ssize_t sent = ::syscall(SYS_sendfile, to, from, offset, bytes);
    if (sent > 0) sent_by_the_kernel += static_cast<std::uint64_t>(sent);
    return sent;
}

__attribute__((visibility("default"))) ssize_t send(int to, const void* bytes, std::size_t count,
                                                    int flags) {
    if (std::string_view{static_cast<const char*>(bytes), count}.starts_with("HTTP/1.1 "))
        ++answers_sent;
    return ::syscall(SYS_sendto, to, bytes, count, flags, nullptr, 0);
}

}  // extern "C"

namespace grove::test {
namespace {

constexpr int kRequests = 5;

/// "NAME PORT" as each request of `server` has them; each of so many connections sends kRequests.
std::vector<std::string> names_told(const http::WsgiServer& server, int connections) {
    std::vector<std::string> told;
    for (int connection = 0; connection < connections; ++connection) {
        Client client{Address::ip("127.0.0.1", server.server_port())};
        for (int request = 0; request < kRequests; ++request) {
            client.send(get());
            told.push_back(client.answer().body);
        }
    }
    return told;
}

// The server's own start asks for the port that it got.
GREENLET_TEST(ServerName, IsAskedForByNoRequest) {
    http::WsgiServer server{"127.0.0.1:0", tell({"SERVER_NAME", "SERVER_PORT"})};
    server.start();
    EXPECT_GT(asked_for_names, 0) << "what counts does not count";

    asked_for_names = 0;
    const auto told = names_told(server, 2);

    EXPECT_EQ(asked_for_names, 0);
    EXPECT_THAT(told, testing::Each("127.0.0.1|" + std::to_string(server.server_port()) + "|"));
    server.stop();
}

GREENLET_TEST(ServerName, IsAskedForOnceAConnectionOfAllInterfaces) {
    http::WsgiServer server{"0.0.0.0:0", tell({"SERVER_NAME", "SERVER_PORT"})};
    server.start();

    asked_for_names = 0;
    const auto told = names_told(server, 3);

    EXPECT_EQ(asked_for_names, 3);
    EXPECT_THAT(told, testing::Each("127.0.0.1|" + std::to_string(server.server_port()) + "|"));

    asked_for_names = 0;
    Client client{Address::ip("127.0.0.2", server.server_port())};
    client.send(get());
    EXPECT_TRUE(client.answer().body.starts_with("127.0.0.2|"));
    client.close();
    server.stop();
}

GREENLET_TEST(ServerName, IsAskedForByNobodyWhoDoesNotNeedIt) {
    http::WsgiServer server{"0.0.0.0:0", say_hello()};
    server.start();

    asked_for_names = 0;
    EXPECT_THAT(names_told(server, 2), testing::Each("hello"));

    EXPECT_EQ(asked_for_names, 0);
    server.stop();
}

// A restart has the port that it had; what was known of the address holds again.
GREENLET_TEST(ServerName, IsKnownAfterARestart) {
    http::WsgiServer server{"127.0.0.1:0", tell({"SERVER_NAME", "SERVER_PORT"})};
    server.start();
    const auto before = names_told(server, 1);
    server.stop();
    server.start();
    asked_for_names = 0;
    EXPECT_EQ(names_told(server, 1), before);
    EXPECT_EQ(asked_for_names, 0);
    server.stop();
}

GREENLET_TEST(Pipelining, SendsTheAnswersOfWholeRequestsTogether) {  // S-132
    ServedApplication served{say_hello()};
    for (const std::string_view rest : {"", "GET / HT"}) {
        Client client{served.address()};
        answers_sent = 0;

        client.send(get() + get() + get() + std::string{rest});
        for (int request = 0; request < 3; ++request) EXPECT_EQ(client.brief(), "200 hello");

        EXPECT_EQ(answers_sent, 1) << rest;
    }
}

// The client's answers are received in this process, too.
GREENLET_TEST(LargeUpload, IsReceivedByFewCalls) {
    constexpr std::size_t kBytes = 1'048'576;
    for (const std::ptrdiff_t size : {std::ptrdiff_t{-1}, std::ptrdiff_t{65536}}) {
        ServedApplication served{[size](http::Environ& environ, http::StartResponse& start) {
            std::size_t read = 0;
            for (std::string part; part = environ.input().read(size), !part.empty();)
                read += part.size();
            start("200 OK", {});
            return http::Body{std::to_string(read)};
        }};
        receives = 0;
        EXPECT_EQ(served.ask(post(std::string(kBytes, 'x'))).body, std::to_string(kBytes));
        EXPECT_GT(receives, 0) << "what counts does not count";
        EXPECT_LE(receives, 60) << size;  // of 64 KiB at most, and as the client's turns come
    }
}

GREENLET_TEST(FileThroughMiddleware, IsSentByTheKernelUnread) {
    constexpr std::uint64_t kBytes = 4'000'000;
    constexpr std::uint64_t kStart = 65'536;  // which may go with the head
    const TemporaryFolder folder;
    const std::string path = folder.path() / "file";
    { std::ofstream{path} << std::string(kBytes, 'x'); }
    const http::Middleware adds_a_field = [](http::Application inner) {
        return [inner](http::Environ& environ, http::StartResponse& start) {
            http::StartResponse adding{
                [&](std::string status, http::Headers headers, std::exception_ptr exc_info) {
                    headers.emplace_back("X-Added", "1");
                    return start(std::move(status), std::move(headers), std::move(exc_info));
                }};
            return inner(environ, adding);
        };
    };
    const http::Application file = [&](http::Environ&, http::StartResponse& start) {
        start("200 OK", {});
        return http::Body{http::File{.path = path}};
    };
    ServedApplication served{http::chain(file, {adds_a_field, adds_a_field})};

    sent_by_the_kernel = 0;
    const Answer answer = served.ask(get());

    EXPECT_EQ(answer.field("x-added"), "1, 1");
    EXPECT_TRUE(answer.body == std::string(kBytes, 'x'));
    EXPECT_GE(sent_by_the_kernel, kBytes - kStart);
}

// Its answer is left in pieces: the client is told no more.
GREENLET_TEST(FileOfABrokenDisk, ClosesTheConnectionAtOnce) {  // S-120
    const TemporaryFolder folder;
    const std::string path = folder.path() / "file";
    { std::ofstream{path} << std::string(200'000, 'x'); }
    ServedApplication served{[&](http::Environ&, http::StartResponse& start) {
        start("200 OK", {});
        return http::Body{http::File{.path = path}};
    }};
    Client client{served.address()};

    disk_fails = true;
    client.send(get());
    let_the_hub_turn();
    disk_fails = false;

    EXPECT_EQ(served.server.connections(), 0U);
    EXPECT_THAT(served.errors, testing::SizeIs(1));
}

}  // namespace
}  // namespace grove::test
