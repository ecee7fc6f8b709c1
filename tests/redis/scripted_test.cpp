// C-065, against a server that answers what a test says, in pieces of any size.
#include <grove/redis.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <sys/socket.h>

#include <gmock/gmock.h>

#include <grove/core/detail/listening_socket.h>
#include <grove/core/detail/socket.h>
#include <grove/core/errors.h>
#include <grove/core/fd_wait.h>
#include <grove/core/greenlet.h>
#include <grove/core/stream.h>

#include "greenlet_test.h"

namespace grove::redis {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

/// Accepts one client and, once a command has come, sends the pieces with a turn between them.
class ScriptedServer {
public:
    explicit ScriptedServer(std::vector<std::string> pieces)
        : listener_{listen_on(Address::ip("127.0.0.1", 0))},
          serving_{spawn([this, pieces = std::move(pieces)] { serve(pieces); })} {}
    ~ScriptedServer() { serving_.kill(); }
    [[nodiscard]] std::string url() const {
        return "redis://" + Address::local_of(listener_.get()).text();
    }

private:
    void serve(const std::vector<std::string>& pieces) {
        wait_readable(listener_.get());
        Stream client{std::make_unique<Socket>(FileDescriptor{
            ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)})};
        std::array<char, 1000> bytes;
        client.recv(bytes);
        for (const std::string& piece : pieces) {
            client.sendall(piece);
            sleep();
        }
    }

    FileDescriptor listener_;
    Greenlet<void> serving_;
};

GREENLET_TEST(RedisAnswer, MayBeSplitAtEveryByte) {
    const std::string answer = "*4\r\n$5\r\nhello\r\n:-12\r\n$-1\r\n*1\r\n+OK\r\n";
    for (std::size_t at = 1; at < answer.size(); ++at) {
        ScriptedServer server{{answer.substr(0, at), answer.substr(at)}};
        Connection c = Connection::open(server.url());
        const Reply reply = c.command({"ANY"}, 20s);
        ASSERT_EQ(reply.list().size(), 4U) << at;
        EXPECT_EQ(reply.list()[0].text(), "hello");
        EXPECT_EQ(reply.list()[1].integer(), -12);
        EXPECT_TRUE(reply.list()[2].nil());
        EXPECT_EQ(reply.list()[3].list()[0].text(), "OK");
    }
}

GREENLET_TEST(RedisAnswer, EndsTheConnectionIfItIsNone) {
    for (const char* bytes :
         {"HTTP/1.1 400 Bad Request\r\n", "$x\r\n", "*1\r\n?\r\n", "$5\r\nhel"}) {
        ScriptedServer server{{bytes}};
        Connection c = Connection::open(server.url());
        EXPECT_THROW(c.command({"ANY"}, 20s), RedisError) << bytes;
        EXPECT_TRUE(c.closed()) << bytes;
    }
}

GREENLET_TEST(RedisAnswer, IsRefusedIfNobodyAskedForIt) {
    ScriptedServer server{{"+OK\r\n", "+OK\r\n"}};
    Connection c = Connection::open(server.url());
    c.command({"ANY"}, 20s);
    while (!c.closed()) sleep(1ms);
    EXPECT_THROW(c.command({"ANY"}, 20s), RedisError);
}

GREENLET_TEST(RedisAnswer, ThrowsTheFirstErrorWithinAList) {
    ScriptedServer server{{"*2\r\n+OK\r\n-MINE is wrong\r\n", "+OK\r\n"}};
    Connection c = Connection::open(server.url());
    try {
        c.command({"EXEC"}, 20s);
        ADD_FAILURE() << "no exception";
    } catch (const RedisError& error) {
        EXPECT_EQ(error.code(), "MINE");
        EXPECT_STREQ(error.what(), "MINE is wrong");
    }
}

/// Takes clients, by its kernel alone, and never reads.
class DeafServer {
public:
    [[nodiscard]] std::string url() const {
        return "redis://" + Address::local_of(listener_.get()).text();
    }

private:
    FileDescriptor listener_ = listen_on(Address::ip("127.0.0.1", 0));
};

std::string refusal_of(Connection& c, const std::vector<std::string>& words) {
    try {
        c.command(words, 0ms);
    } catch (const RedisError& error) {
        EXPECT_EQ(error.code(), "");
        return error.what();
    } catch (const Timeout&) {  // it waits to be sent, or for its answer
    }
    return {};
}

GREENLET_TEST(RedisConnection, RefusesFurtherBytesForAServerThatDoesNotRead) {
    const DeafServer server;
    Connection c = Connection::open(server.url());
    const std::vector<std::string> megabyte{"ECHO", std::string(1 << 20, 'x')};
    int taken = 0;  // what the kernel takes comes on top
    std::string refusal;
    for (; refusal.empty() && taken < 200; ++taken) {
        refusal = refusal_of(c, megabyte);
        sleep();
    }
    EXPECT_GE(taken, 64);
    EXPECT_LT(taken, 100);
    EXPECT_THAT(refusal, MatchesRegex("Redis at 127.0.0.1:[0-9]+: 1048602 more bytes to send are "
                                      "refused: [0-9]+ wait already, and 67108864 may"));
    EXPECT_FALSE(c.closed());
    EXPECT_EQ(refusal_of(c, {"PING"}), "") << "there is still room for a small one";
}

GREENLET_TEST(RedisConnection, RefusesFurtherCommandsForAServerThatDoesNotAnswer) {
    const DeafServer server;
    Connection c = Connection::open(server.url());
    const std::vector<std::vector<std::string>> many(99'999, {"PING"});
    EXPECT_THROW(c.pipeline(many, 0ms), Timeout);
    EXPECT_EQ(refusal_of(c, {"PING"}), "");
    EXPECT_THAT(refusal_of(c, {"PING"}),
                HasSubstr(": 1 more commands for a server that does not answer are refused: 100000 "
                          "wait already, and 100000 may"));
    EXPECT_THROW(c.pipeline({{"PING"}, {"PING"}}, 0ms), RedisError);
    EXPECT_FALSE(c.closed());
}

// A value may be larger than all that may wait.
GREENLET_TEST(RedisConnection, TakesOneCallOfAnySizeWhenNothingWaits) {
    const DeafServer server;
    Connection large = Connection::open(server.url());
    EXPECT_EQ(refusal_of(large, {"ECHO", std::string(65 << 20, 'x')}), "");
    Connection many = Connection::open(server.url());
    EXPECT_THROW(many.pipeline(std::vector<std::vector<std::string>>(100'001, {"PING"}), 0ms),
                 Timeout);
}

// Both answers come at once; the second takes four reads.
GREENLET_TEST(RedisAnswer, LeavesOthersTheirTurnsWhileMoreIsThere) {
    ScriptedServer server{{"+first\r\n$50000\r\n" + std::string(50'000, 'x') + "\r\n"}};
    Connection c = Connection::open(server.url());
    int turns = 0;
    const auto other = spawn([&] {
        for (;; ++turns) sleep();
    });
    const auto turn_of_answer = [&] {
        c.command({"ANY"}, 20s);
        return turns;
    };
    const auto first = spawn(turn_of_answer);
    const auto second = spawn(turn_of_answer);
    EXPECT_GE(second.get() - first.get(), 3);
    other.kill();
}

GREENLET_TEST(RedisAnswer, TimesOutWhileLoggingIn) {
    ScriptedServer server{{}};
    std::string url = server.url();
    url.insert(url.find("//") + 2, ":password@");
    EXPECT_THROW(Connection::open(url, 0ms), Timeout);
}

}  // namespace
}  // namespace grove::redis
