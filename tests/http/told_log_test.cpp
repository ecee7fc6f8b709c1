// An application's own lines in the error log. A-043
#include <grove/http/log.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <poll.h>
#include <unistd.h>

#include <grove/core/event.h>
#include <grove/core/file_descriptor.h>
#include <grove/core/greenlet.h>

#include "greenlet_test.h"
#include "served_application.h"

namespace grove::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

/// Takes the place of standard error while it lives.
class HeldError {
public:
    HeldError() : before_{::dup(STDERR_FILENO)} {
        int ends[2];
        if (::pipe(ends) != 0) throw std::runtime_error{"pipe"};
        read_ = FileDescriptor{ends[0]};
        const FileDescriptor write{ends[1]};
        ::dup2(write.get(), STDERR_FILENO);
    }
    ~HeldError() { ::dup2(before_.get(), STDERR_FILENO); }
    HeldError(const HeldError&) = delete;
    HeldError& operator=(const HeldError&) = delete;

    /// What was written so far and not taken.
    [[nodiscard]] std::string take() const {
        std::string text;
        pollfd ready{.fd = read_.get(), .events = POLLIN, .revents = 0};
        while (::poll(&ready, 1, 0) == 1) {
            char piece[4096];
            const auto got = ::read(read_.get(), piece, sizeof piece);
            if (got <= 0) break;
            text.append(piece, static_cast<std::size_t>(got));
        }
        return text;
    }

private:
    FileDescriptor before_;
    FileDescriptor read_;
};

/// A program's own log while it lives.
struct OwnLog {
    std::mutex mutex{};
    std::vector<std::string> lines{};
    OwnLog() {
        http::set_log([this](http::LogLevel level, std::string_view line) {
            const std::lock_guard lock{mutex};
            lines.push_back(std::to_string(static_cast<int>(level)) + " " + std::string{line});
        });
    }
    ~OwnLog() { http::set_log({}); }
    OwnLog(const OwnLog&) = delete;
    OwnLog& operator=(const OwnLog&) = delete;
};

GREENLET_TEST(Log, OfARequestGoesToItsServersLogWithIdAndMount) {
    OwnLog own;
    ServedApplication served{
        [](http::Environ& environ, http::StartResponse& start) {
            environ.set("SCRIPT_NAME", "/app");
            http::log(http::LogLevel::kInfo, "one\nline\\");
            start("200 OK", {});
            return http::Body{"x"}.on_close([] { http::log(http::LogLevel::kInfo, "closed"); });
        },
        {.request_ids = true}};
    const std::string id = served.ask(get()).field("x-request-id");
    EXPECT_TRUE(served.quiet());
    const std::string request = " (request " + id + ", mount /app)";
    EXPECT_THAT(served.errors, ElementsAre("one\\x0aline\\x5c" + request, "closed" + request));
    EXPECT_THAT(own.lines, IsEmpty());
}

GREENLET_TEST(Log, OfARequestWithoutIdAndMountHasNothingBehindIt) {
    ServedApplication served{[](http::Environ&, http::StartResponse& start) {
        http::log(http::LogLevel::kInfo, "text");
        start("200 OK", {});
        return http::Body{};
    }};
    served.ask(get());
    EXPECT_TRUE(served.quiet());
    EXPECT_THAT(served.errors, ElementsAre("text"));
}

// two servers of a thread, and greenlets that serve none.
GREENLET_TEST(Log, GoesToTheServerWhoseRequestRuns) {
    OwnLog own;
    const auto application = [](const char* text) {
        return [text](http::Environ&, http::StartResponse& start) {
            sleep();
            http::log(http::LogLevel::kWarn, text);
            start("200 OK", {});
            return http::Body{};
        };
    };
    ServedApplication first{application("first")};
    ServedApplication second{application("second")};
    const auto asks = spawn({.stack_bytes = 262144}, [&] { first.ask(get()); });
    second.ask(get());
    asks.join();
    http::log(http::LogLevel::kWarn, "none");
    EXPECT_TRUE(first.quiet());
    EXPECT_TRUE(second.quiet());
    EXPECT_THAT(first.errors, ElementsAre("first"));
    EXPECT_THAT(second.errors, ElementsAre("second"));
    EXPECT_THAT(own.lines, ElementsAre("3 none"));
}

// it logs when the request is over, and the next one of its connection has begun.
GREENLET_TEST(Log, OfAGreenletThatARequestMadeHasItsIdAndMount) {
    OwnLog own;
    Event over;
    std::vector<AnyGreenlet> made;
    ServedApplication served{[&](http::Environ& environ, http::StartResponse& start) {
                                 environ.set("SCRIPT_NAME", "/app");
                                 if (made.empty()) {
                                     made.push_back(spawn([&] {
                                         made.push_back(spawn([&] {
                                             over.wait();
                                             http::log(http::LogLevel::kInfo, "grandchild");
                                         }));
                                         over.wait();
                                         http::log(http::LogLevel::kInfo, "child");
                                     }));
                                 } else {
                                     over.set();
                                 }
                                 start("200 OK", {});
                                 return http::Body{};
                             },
                             {.request_ids = true}};
    Client client{served.address()};
    client.send(get());
    const std::string id = client.answer().field("x-request-id");
    client.send(get());
    EXPECT_NE(client.answer().field("x-request-id"), id);
    ASSERT_EQ(made.size(), 2U);
    for (const AnyGreenlet& one : made) one.join();
    const std::string request = " (request " + id + ", mount /app)";
    EXPECT_THAT(own.lines,
                ::testing::UnorderedElementsAre("2 child" + request, "2 grandchild" + request));
    EXPECT_THAT(served.errors, IsEmpty());
}

// what the greenlet has is a copy.
GREENLET_TEST(Log, OfAGreenletThatOutlivesItsServerHasItsRequest) {
    OwnLog own;
    Event over;
    AnyGreenlet made;
    std::string id;
    {
        ServedApplication served{[&](http::Environ&, http::StartResponse& start) {
                                     made = spawn([&] {
                                         over.wait();
                                         http::log(http::LogLevel::kInfo, "late");
                                     });
                                     start("200 OK", {});
                                     return http::Body{};
                                 },
                                 {.request_ids = true}};
        id = served.ask(get()).field("x-request-id");
    }
    over.set();
    made.join();
    EXPECT_THAT(own.lines, ElementsAre("2 late (request " + id + ")"));
}

TEST(Log, IsWrittenByAnyThread) {
    OwnLog own;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([] {
            for (int n = 0; n < 100; ++n) http::log(http::LogLevel::kInfo, "a thread's");
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(own.lines.size(), 400U);
    EXPECT_THAT(own.lines, ::testing::Each("2 a thread's"));
}

// whoever logs meanwhile is in a log that is still there.
TEST(Log, OfItsOwnMayGoWhileThreadsWriteToIt) {
    std::atomic<bool> stop = false;
    const HeldError held;  // where the lines go in between
    std::thread writer{[&] {
        while (!stop) http::log(http::LogLevel::kDebug, "x");
    }};
    std::size_t lines = 0;
    while (lines < 1000) {
        OwnLog own;
        std::this_thread::yield();
        const std::lock_guard lock{own.mutex};
        lines += own.lines.size();
    }
    stop = true;
    writer.join();
    EXPECT_EQ(held.take(), "") << "debug is not told there";
}

TEST(Log, GoesToStandardErrorIfThereIsNoOther) {
    const HeldError held;
    http::log(http::LogLevel::kError, "bad\n");
    std::thread{[] { http::log(http::LogLevel::kInfo, "a thread's"); }}.join();
    http::log(http::LogLevel::kDebug, "untold");
    EXPECT_EQ(held.take(), "grove: error: bad\\x0a\ngrove: info: a thread's\n");
}

TEST(Log, NeverWaitsForStandardError) {
    const HeldError held;
    const std::string long_line(4000, 'x');
    for (int i = 0; i < 100; ++i)
        http::log(http::LogLevel::kError, long_line);  // a pipe has 64 KiB
    const std::string taken = held.take();
    EXPECT_THAT(taken.substr(0, 20), MatchesRegex("grove: error: x+"));
    EXPECT_LT(taken.size(), 100 * long_line.size());
}

TEST(Log, ThatThrowsFailsNobody) {
    http::set_log([](http::LogLevel, std::string_view) { throw std::runtime_error{"disk full"}; });
    EXPECT_NO_THROW(http::log(http::LogLevel::kError, "x"));
    http::set_log([](http::LogLevel, std::string_view) { throw 42; });
    EXPECT_NO_THROW(http::log(http::LogLevel::kError, "x"));
    http::set_log({});
}

}  // namespace
}  // namespace grove::test
