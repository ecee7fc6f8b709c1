// Bodies that take their time, where many do: they wait in a file, not in memory.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include <grove/core/greenlet.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "served_application.h"
#include "uploads.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// No two neighbours are the same, nor any two blocks, nor the texts of two seeds.
std::string varied(std::size_t length, std::size_t seed = 0) {
    std::string text(length, '\0');
    for (std::size_t i = 0; i < length; ++i)
        text[i] = static_cast<char>('!' + (i * 7 + i / 89 + seed) % 90);
    return text;
}

/// In chunks of 100 bytes.
std::string chunked_upload(const std::string& body) {
    std::string chunks;
    for (std::size_t at = 0; at < body.size(); at += 100) {
        const std::string piece = body.substr(at, 100);
        chunks += (piece.size() == 100 ? "64" : "1") + ("\r\n" + piece) + "\r\n";
    }
    return "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks +
           "0\r\n\r\n";
}

/// What it takes to have bodies of a few thousand bytes wait in a file.
http::WsgiOptions crowded() {
    http::WsgiOptions options;
    options.limits.buffered = 65536;
    return options;
}

/// The server's file; -1: none. That of another test is closed.
int file_of_bodies() {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
        const std::string target = std::filesystem::read_symlink(entry.path(), none).string();
        if (target.find("/grove.") != std::string::npos && target.ends_with("(deleted)"))
            return std::stoi(entry.path().filename());
    }
    return -1;
}

std::size_t bytes_in_file() {
    struct stat file {};
    return ::fstat(file_of_bodies(), &file) == 0 ? static_cast<std::size_t>(file.st_blocks) * 512
                                                 : 0;
}

FAKE_CLOCK_TEST(SpooledBody, IsWholeWhereverItWasCut) {  // O-070, O-086
    ServedApplication served{gives_body_back(), crowded()};
    const std::string body = varied(4301);
    for (const std::string& request : {upload_head(body.size()) + body, chunked_upload(body)}) {
        for (std::size_t cut = request.size() - 140; cut < request.size(); ++cut) {
            Client client{served.address()};
            client.send(request.substr(0, cut));
            let_the_hub_turn();
            ASSERT_GE(bytes_in_file(), 4096U) << cut;
            client.send(request.substr(cut) + get());
            ASSERT_EQ(client.answer().body, body) << cut;
            ASSERT_EQ(client.brief(), "200 ") << cut;
        }
    }
}

FAKE_CLOCK_TEST(SpooledBody, ComesInManyPieces) {  // O-070, O-086
    ServedApplication served{gives_body_back(), crowded()};
    const std::string body = varied(60'001);
    for (const std::string& request : {upload_head(body.size()) + body, chunked_upload(body)}) {
        for (const std::size_t piece : {1'000U, 4'095U, 4'096U, 4'097U, 10'000U}) {
            Client client{served.address()};
            for (std::size_t at = 0; at < request.size(); at += piece) {
                client.send(request.substr(at, piece));
                let_the_hub_turn();
            }
            ASSERT_EQ(client.answer().body, body) << piece;
        }
    }
}

FAKE_CLOCK_TEST(SpooledBody, IsNotMixedUpWithAnother) {  // O-086
    http::WsgiOptions options = crowded();
    options.limits.buffered = 1'000'000;
    ServedApplication served{gives_body_back(), options};
    std::vector<std::unique_ptr<Client>> slow;
    for (std::size_t i = 0; i < 20; ++i) {
        slow.push_back(std::make_unique<Client>(served.address()));
        slow[i]->send(upload_head(30'000) + varied(20'000, i));
        let_the_hub_turn();
    }
    for (std::size_t i = 0; i < 20; i += 2) slow[i]->send(varied(30'000, i).substr(20'000));
    for (std::size_t i = 0; i < 20; i += 2) ASSERT_EQ(slow[i]->answer().body, varied(30'000, i));
    for (std::size_t i = 0; i < 20; i += 2) slow[i]->send(upload_head(25'000) + varied(24'999));
    for (std::size_t i = 1; i < 20; i += 2) slow[i]->send(varied(30'000, i).substr(20'000));
    for (std::size_t i = 1; i < 20; i += 2) ASSERT_EQ(slow[i]->answer().body, varied(30'000, i));
    for (std::size_t i = 0; i < 20; i += 2) slow[i]->send(varied(25'000).substr(24'999));
    for (std::size_t i = 0; i < 20; i += 2) ASSERT_EQ(slow[i]->answer().body, varied(25'000));
}

FAKE_CLOCK_TEST(SpooledBody, OfUnknownLengthIsServedWhileItComes) {  // O-070, O-086
    ServedApplication served{gives_body_back(), crowded()};
    const std::string body = varied(10'001);
    const std::string request = chunked_upload(body);
    Client client{served.address()};
    client.send(request.substr(0, 9'000));
    let_the_hub_turn();
    ASSERT_GE(bytes_in_file(), 4096U);
    EXPECT_EQ(served.calls, 0);
    sleep(2s);
    EXPECT_EQ(served.calls, 1);
    client.send(request.substr(9'000));
    EXPECT_EQ(client.answer().body, body);
}

FAKE_CLOCK_TEST(SpooledBody, TakesNoRoomWhenItIsGone) {  // O-086
    ServedApplication served{gives_body_back(), crowded()};
    for (const bool by_stall : {false, true}) {
        Client client{served.address()};
        client.send(upload_head(30'000) + varied(29'999));
        let_the_hub_turn();
        ASSERT_GE(bytes_in_file(), 24'000U);
        by_stall ? sleep(31s) : client.reset();
        if (by_stall) {
            EXPECT_EQ(client.answer().status, 408);
        }
        client.close();
        EXPECT_TRUE(served.quiet());
        EXPECT_EQ(bytes_in_file(), 0U);
    }
    served.server.stop(1s);
}

FAKE_CLOCK_TEST(SpooledBody, IsRefusedWhenTheStopsTimeIsOver) {  // O-070, O-086
    auto served = std::make_unique<ServedApplication>(gives_body_back(), crowded());
    Client client{served->address()};
    client.send(upload_head(30'000) + varied(29'999));
    let_the_hub_turn();
    ASSERT_GE(bytes_in_file(), 24'000U);
    served->server.stop(1s);
    EXPECT_EQ(client.answer().status, 503);
    served.reset();
    EXPECT_EQ(file_of_bodies(), -1);
}

FAKE_CLOCK_TEST(SpooledBody, IsInMemoryWhereFewWait) {  // O-086
    ServedApplication served{gives_body_back()};
    Client client{served.address()};
    client.send(upload_head(60'000) + varied(59'999));
    let_the_hub_turn();
    EXPECT_EQ(file_of_bodies(), -1);
    client.send(varied(60'000).substr(59'999));
    EXPECT_EQ(client.answer().body, varied(60'000));
}

/// No file of this process may become longer than that; what tries finds EFBIG.
class ShortFiles {
public:
    explicit ShortFiles(rlim_t most) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit few{most, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &few);
    }
    ~ShortFiles() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }
    ShortFiles(const ShortFiles&) = delete;
    ShortFiles& operator=(const ShortFiles&) = delete;

private:
    rlimit before_{};
    void (*handler_)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

FAKE_CLOCK_TEST(SpooledBody, StaysInMemoryWhereThereIsNoRoomForAFile) {  // O-086
    for (const rlim_t room : {0U, 5'000U}) {                             // none, or for some of it
        ServedApplication served{gives_body_back(), crowded()};
        const std::string body = varied(30'000);
        {
            const ShortFiles few{room};
            Client client{served.address()};
            client.send(upload_head(body.size()));
            for (std::size_t at = 0; at < body.size(); at += 4'500) {
                client.send(body.substr(at, 4'500));
                let_the_hub_turn();
            }
            ASSERT_EQ(client.answer().body, body) << room;
        }
        ASSERT_EQ(served.errors.size(), 1U) << room;  // not one a body
        EXPECT_THAT(served.errors[0], HasSubstr("bodies that wait stay in memory: ")) << room;
        EXPECT_THAT(served.errors[0], HasSubstr("File too large")) << room;
    }
}

FAKE_CLOCK_TEST(SpooledBody, ThatCannotBeReadAgainIsRefused) {  // O-086
    ServedApplication served{gives_body_back(), crowded()};
    Client client{served.address()};
    client.send(upload_head(30'000) + varied(29'999));
    let_the_hub_turn();
    ASSERT_EQ(::ftruncate(file_of_bodies(), 0), 0);
    client.send("x");
    const Answer answer = client.answer();
    EXPECT_EQ(answer.status, 500);
    EXPECT_TRUE(answer.says_close());
    EXPECT_TRUE(client.at_end());
    EXPECT_EQ(served.calls, 0);
    ASSERT_EQ(served.errors.size(), 2U);
    EXPECT_THAT(served.errors[0], HasSubstr("cannot be read: Input/output error"));
    EXPECT_THAT(served.errors[1], HasSubstr("the body could not be read again"));
    client.close();
    EXPECT_TRUE(served.quiet());
    EXPECT_EQ(served.ask(post(varied(30'000))).body, varied(30'000));
}

}  // namespace
}  // namespace grove::test
