#include <grove/core/stream_reader.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <sys/socket.h>

#include <gmock/gmock.h>

#include <grove/core/detail/socket.h>
#include <grove/core/errors.h>
#include <grove/core/fd_wait.h>
#include <grove/core/greenlet.h>
#include <grove/core/timeout.h>
#include <grove/core/wait.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "stream_pair.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Read = std::function<std::string(StreamReader&)>;

Read line(std::size_t limit) {
    return [limit](StreamReader& reader) -> std::string {
        try {
            return reader.readline(limit, 5s);
        } catch (const std::length_error&) {
            return "too long";
        }
    };
}
Read exactly(std::size_t bytes) {
    return [bytes](StreamReader& reader) -> std::string {
        try {
            return reader.read_exactly(bytes, 5s);
        } catch (const EndOfStream&) {
            return "ended";
        }
    };
}
Read rest() {
    return [](StreamReader& reader) {
        std::string all;
        for (std::string some; !(some = reader.read(3, 5s)).empty();) {
            EXPECT_LE(some.size(), 3U);
            all += some;
        }
        return all;
    };
}

struct Row {
    const char* bytes;
    std::vector<Read> reads;
    std::vector<std::string> meaning;
};

const Row kRows[] = {
    {"", {line(9), line(0), exactly(0), rest()}, {"", "", "", ""}},
    {"", {exactly(1)}, {"ended"}},
    {"a\nbc\n\n", {line(9), line(9), line(9), line(9)}, {"a\n", "bc\n", "\n", ""}},
    {"ab\ncd", {line(9), line(9), line(9)}, {"ab\n", "cd", ""}},
    {"a\r\n", {line(9)}, {"a\r\n"}},
    // The limit counts the '\n'; a last line has none.
    {"abcd\n", {line(5), line(5)}, {"abcd\n", ""}},
    {"abcd\n", {line(4), line(5)}, {"too long", "abcd\n"}},
    {"abcd", {line(4), line(4)}, {"abcd", ""}},
    {"abcde", {line(4), exactly(5)}, {"too long", "abcde"}},
    {"\n", {line(0), line(1)}, {"too long", "\n"}},
    // Pieces, and lines after them.
    {"3\nabcrest", {line(9), exactly(3), rest()}, {"3\n", "abc", "rest"}},
    {"abcdefg", {exactly(3), exactly(0), exactly(4), exactly(1)}, {"abc", "", "defg", "ended"}},
    {"abc", {exactly(4), rest()}, {"ended", "abc"}},
    {"abcdefghij\nk", {exactly(10), line(1), rest()}, {"abcdefghij", "\n", "k"}},
};

// Sends the first `split` bytes, and the others when all is quiet.
void expect_meaning(const Row& row, std::size_t split, std::size_t buffer) {
    auto pair = test::unix_pair();
    const std::string_view bytes{row.bytes};
    auto sender = spawn([&] {
        pair.server.sendall(bytes.substr(0, split));
        sleep(1ms);
        pair.server.sendall(bytes.substr(split));
        pair.server.close();
    });
    StreamReader reader{pair.client, buffer};
    std::vector<std::string> meaning;
    for (const Read& read : row.reads) meaning.push_back(read(reader));
    EXPECT_EQ(meaning, row.meaning);
    sender.join();
}

// C-013
FAKE_CLOCK_TEST(StreamReader, HasOneMeaningForBytesHoweverTheyCome) {
    for (const Row& row : kRows) {
        for (std::size_t split = 0; split <= std::string_view{row.bytes}.size(); ++split) {
            for (const std::size_t buffer : {1U, 2U, 4U, 8192U}) {
                SCOPED_TRACE(testing::Message()
                             << '"' << row.bytes << "\" at " << split << ", buffer " << buffer);
                expect_meaning(row, split, buffer);
            }
        }
    }
}

// C-013
GREENLET_TEST(StreamReader, ReadsWhatTheStreamHadBefore) {
    int fds[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    const FileDescriptor peer{fds[0]};
    Stream stream{std::make_unique<Socket>(FileDescriptor{fds[1]}), "early\nbytes"};
    StreamReader reader{stream};
    EXPECT_EQ(reader.readline(10), "early\n");
    EXPECT_EQ(reader.read(100), "bytes");
    EXPECT_EQ(reader.read(0), "");
    EXPECT_THROW((StreamReader{stream, 0}), std::invalid_argument);
}

// C-013
GREENLET_TEST(StreamReader, ReadsMoreThanItsBuffer) {
    auto [client, server] = test::unix_pair();
    const std::string large(1 << 20, 'x');
    auto sender = spawn([&, &to = server] { to.sendall(large + "\n" + large, 30s); });
    StreamReader reader{client};
    EXPECT_EQ(reader.readline(large.size() + 1, 30s).size(), large.size() + 1);
    EXPECT_EQ(reader.read_exactly(large.size(), 30s), large);
    sender.join();
}

// C-013: one byte each 4 ms keeps nobody for longer than the time of the whole call.
FAKE_CLOCK_TEST(StreamReader, EndsAtItsTimeHoweverSlowlyBytesComeAndKeepsThem) {
    for (const bool by_line : {true, false}) {
        auto pair = test::unix_pair();
        auto sender = spawn([&] {
            for (const char byte : std::string{"abcd"}) {
                sleep(4ms);
                pair.server.sendall({&byte, 1});
            }
        });
        StreamReader reader{pair.client};
        const auto began = test::now();
        const auto read = [&] {
            return by_line ? reader.readline(100, 10ms) : reader.read_exactly(100, 10ms);
        };
        EXPECT_THROW(read(), SocketTimeout);
        EXPECT_EQ(test::now() - began, 10ms);
        EXPECT_EQ(reader.read(100, 0ms), "ab");
        EXPECT_THROW(reader.read(100, 1ms), SocketTimeout);
        sender.join();
        EXPECT_EQ(reader.read_exactly(2, 0ms), "cd");
        const TimeoutGuard guard{1ms};
        EXPECT_THROW(reader.read(1), Timeout);
    }
}

// C-013
GREENLET_TEST(StreamReader, KeepsWhatCameBeforeAKill) {
    auto pair = test::unix_pair();
    StreamReader reader{pair.client, 4};
    auto victim = spawn([&] { reader.read_exactly(100); });
    pair.server.sendall("abcdef");
    sleep();
    victim.kill();
    EXPECT_TRUE(victim.successful());
    EXPECT_EQ(reader.read_exactly(6, 5s), "abcdef");
}

// C-013
FAKE_CLOCK_TEST(StreamReader, GivesWhatItWasWokenForAlsoIfItIsKilledThen) {
    auto pair = test::unix_pair();
    StreamReader reader{pair.client};
    std::vector<std::string> log;
    Greenlet<void> victim;
    const auto kills = [&] {
        EXPECT_TRUE(wait_readable(pair.client.fd(), 5s));
        victim.kill(GreenletExit{}, false);
    };
    // One of both runs before the victim does, in whatever order they are woken.
    auto before = spawn(kills);
    victim = spawn([&] {
        log.push_back(reader.read(100));
        sleep(5s);
        log.emplace_back("went on");
    });
    auto behind = spawn(kills);
    sleep();
    pair.server.sendall("bytes");
    joinall({before, victim, behind});
    EXPECT_THAT(log, ElementsAre("bytes"));
}

// C-013
GREENLET_TEST(StreamReader, TellsWhyTheStreamBroke) {
    test::ignore_reports();
    auto pair = test::tcp_pair();
    StreamReader reader{pair.client};
    pair.server.sendall("half a line");
    ASSERT_TRUE(wait_readable(pair.client.fd(), 5s));
    auto reads = spawn([&] { return reader.readline(100, 5s); });
    sleep();
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ASSERT_EQ(::setsockopt(pair.server.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    pair.server.close();
    try {
        reads.get();
        ADD_FAILURE() << "a reset was taken for the end";
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), std::errc::connection_reset);
    }
    EXPECT_EQ(reader.read(100), "half a line");

    auto other = test::tcp_pair();
    StreamReader of_other{other.client};
    auto waits = spawn([&] { return of_other.read(1); });
    sleep();
    other.client.close();
    EXPECT_THROW(waits.get(), std::system_error) << "another greenlet has closed it";
}

// C-013
GREENLET_TEST(StreamReader, TellsHowFarItCameBeforeTheEnd) {
    auto pair = test::unix_pair();
    pair.server.sendall("abc");
    pair.server.close();
    StreamReader reader{pair.client};
    try {
        reader.read_exactly(10);
        ADD_FAILURE() << "there were no ten";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr("after 3 of 10 bytes"));
    }
}

}  // namespace
}  // namespace grove
