// Clients that take their time to read: a slot is held by an application that runs, not by one that waits.
#include <cerrno>
#include <chrono>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/greenlet.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "served_application.h"
#include "served_over_unix.h"
#include "temporary_folder.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::size_t kMuch = 24'000'000;  // more than any kernel keeps for a client

/// "/" is small; whatever else is as large as that.
http::Application with_large(std::function<http::Body()> make) {
    return [make = std::move(make)](http::Environ& environ, http::StartResponse& start) {
        start("200 OK", {});
        return environ["PATH_INFO"] == "/" ? http::Body{"small"} : make();
    };
}

http::WsgiOptions slow_reader_slot(http::ServerMetrics& metrics) {
    http::WsgiOptions options;
    options.spawn = 1;
    options.metrics = &metrics;
    return options;
}

/// Asks for the large one, and does not read.
std::unique_ptr<Client> unread(const ServedApplication& served) {
    auto client = std::make_unique<Client>(served.address());
    client->send(get("/large"));
    let_the_hub_turn();
    return client;
}

void expect_no_slot(std::function<http::Body()> make, std::size_t limit = 100) {
    http::ServerMetrics metrics;
    http::WsgiOptions options = slow_reader_slot(metrics);
    options.limits.slow = limit;
    const ServedOverUnix served{with_large(std::move(make)), options};
    Client client = served.client();
    client.send(get("/large"));
    let_the_hub_turn();
    const auto began = now();
    Client other = served.client();
    other.send(get());
    EXPECT_EQ(other.brief(), "200 small");
    EXPECT_EQ(now(), began) << "at once";
    EXPECT_EQ(metrics.pool_in_use.value(), 0U);
    EXPECT_EQ(metrics.slow.value(), 1U);

    EXPECT_EQ(client.answer().body.size(), kMuch);
    let_the_hub_turn();
    EXPECT_EQ(metrics.slow.value(), 0U);
    client.send(get());
    EXPECT_EQ(client.brief(), "200 small");
}

FAKE_CLOCK_TEST(SlowReader, OfATextHoldsNoSlot) {  // O-071
    expect_no_slot([] { return http::Body{std::string(kMuch, 'x')}; });
}

FAKE_CLOCK_TEST(SlowReader, OfPiecesHoldsNoSlot) {  // O-071
    expect_no_slot(
        [] { return http::Body{std::vector<std::string>(24, std::string(1'000'000, 'x'))}; });
}

FAKE_CLOCK_TEST(SlowReader, OfAFileHoldsNoSlot) {  // O-071
    const TemporaryFolder folder;
    const std::string file = (folder.path() / "large").string();
    std::ofstream{file} << std::string(kMuch, 'x');
    expect_no_slot([file] { return http::Body{http::File{file}}; });
}

// Though its greenlet goes on, and beyond the limit.
FAKE_CLOCK_TEST(SlowReader, OfABodyWithOnCloseHoldsNoSlot) {  // O-071
    for (const std::size_t limit : {std::size_t{100}, std::size_t{0}}) {
        bool closed = false;
        expect_no_slot(
            [&] { return http::Body{std::string(kMuch, 'x')}.on_close([&] { closed = true; }); },
            limit);
        EXPECT_TRUE(closed);
    }
}

// After the last byte, in the handler's greenlet.
FAKE_CLOCK_TEST(SlowReader, HasTheBodyClosedAtItsEnd) {  // O-071, S-112
    http::ServerMetrics metrics;
    std::uint64_t handler = 0;
    std::uint64_t closer = 0;
    ServedApplication served{with_large([&] {
                                 handler = getcurrent().id();
                                 return http::Body{std::string(kMuch, 'x')}.on_close(
                                     [&] { closer = getcurrent().id(); });
                             }),
                             slow_reader_slot(metrics)};
    const auto client = unread(served);
    EXPECT_EQ(served.ask(get()).body, "small");
    EXPECT_EQ(closer, 0U);
    EXPECT_EQ(client->answer().body.size(), kMuch);
    let_the_hub_turn();
    EXPECT_EQ(closer, handler);
}

FAKE_CLOCK_TEST(SlowReader, OfAGeneratorOrWriteKeepsTheSlotForAWhile) {  // O-071
    for (const bool by_write : {false, true}) {
        http::ServerMetrics metrics;
        ServedApplication served{
            [by_write](http::Environ& environ, http::StartResponse& start) {
                const http::Write write = start("200 OK", {});
                if (environ["PATH_INFO"] == "/") return http::Body{"small"};
                if (by_write) {
                    for (int i = 0; i < 24; ++i) write(std::string(1'000'000, 'x'));
                    return http::Body{};
                }
                return http::Body{[made = 0]() mutable -> std::optional<std::string> {
                    if (made++ == 24) return std::nullopt;
                    return std::string(1'000'000, 'x');
                }};
            },
            slow_reader_slot(metrics)};
        const auto client = unread(served);
        EXPECT_EQ(metrics.pool_in_use.value(), 1U);
        const auto began = now();
        EXPECT_EQ(served.ask(get()).body, "small");
        EXPECT_EQ(now() - began, 2s);
        EXPECT_EQ(metrics.slow.value(), 1U);
        EXPECT_EQ(client->answer().body.size(), kMuch);
    }
}

/// Reads all. @return 0: it ended as streams do; else an errno
int error_at_the_end_of(Client& client) {
    try {
        client.read_to_end();
        return 0;
    } catch (const std::system_error& error) {
        return error.code().value();
    }
}

/// Each way in which an application answers with kMuch bytes.
std::map<std::string, http::Application> ways_to_answer(const std::string& file) {
    const auto text = [] { return http::Body{std::string(kMuch, 'x')}; };
    const auto of_file = [file] { return http::Body{http::File{file}}; };
    const auto closing = [](const auto& make) {
        return [make] {
            http::Body body = make();
            body.on_close([] {});
            return body;
        };
    };
    return {{"text", with_large(text)},
            {"file", with_large(of_file)},
            {"text with on_close", with_large(closing(text))},
            {"file with on_close", with_large(closing(of_file))},
            {"generator", with_large([] {
                 return http::Body{[made = 0]() mutable -> std::optional<std::string> {
                     if (made++ == 24) return std::nullopt;
                     return std::string(1'000'000, 'x');
                 }};
             })},
            {"write", [](http::Environ&, http::StartResponse& start) {
                 const http::Write write = start("200 OK", {});
                 for (int i = 0; i < 24; ++i) write(std::string(1'000'000, 'x'));
                 return http::Body{};
             }}};
}

FAKE_CLOCK_TEST(SlowReader, ThatTakesNothingIsCut) {  // O-071, S-089
    const TemporaryFolder folder;
    const std::string file = (folder.path() / "large").string();
    std::ofstream{file} << std::string(kMuch, 'x');
    for (const auto& [way, application] : ways_to_answer(file)) {
        SCOPED_TRACE(way);
        http::ServerMetrics metrics;
        ServedApplication served{application, slow_reader_slot(metrics)};
        const auto client = unread(served);
        const auto began = now();
        while (served.server.requests_running() != 0) sleep(1s);
        EXPECT_EQ(now() - began, 30s);
        EXPECT_EQ(metrics.slow.value(), 0U);
        EXPECT_EQ(served.server.connections(), 0U) << "nothing more is told to this client";
        EXPECT_EQ(error_at_the_end_of(*client), ECONNRESET);
    }
}

// 200 KB a second, for longer than timeouts.write.
FAKE_CLOCK_TEST(SlowReader, ThatTakesTooLittleIsCut) {  // O-072
    for (const std::uint64_t rate : {std::uint64_t{0}, std::uint64_t{1'000'000}}) {
        http::ServerMetrics metrics;
        http::WsgiOptions options = slow_reader_slot(metrics);
        options.limits.write_rate = rate;
        ServedApplication served{with_large([] { return http::Body{std::string(kMuch, 'x')}; }),
                                 options};
        const auto client = unread(served);
        std::size_t read = 0;
        const auto read_slowly = [&] {
            std::vector<char> some(100'000);
            while (const std::size_t got = client->stream().recv(some, kPatience)) {
                read += got;
                if (read < 10'000'000) sleep(500ms);
            }
        };
        if (rate == 0) {
            client->send(get("/", "Connection: close\r\n"));
            read_slowly();
            EXPECT_GT(read, kMuch);
        } else {
            EXPECT_THROW(read_slowly(), std::system_error) << "reset";
            EXPECT_LT(read, kMuch);
        }
    }
}

/// Takes a few bytes at a time from a unix socket, whose kernel tells of room when three quarters of some 200 KB are
/// free, and knows no time of its own: that takes it longer than timeouts.write. TCP does so with a third of up to 4 MB.
class HonestReader {
public:
    HonestReader(http::Application application, std::uint64_t rate)
        : served_{std::move(application), at_rate(rate)} {
        client_.send(get("/large", "Connection: close\r\n"));
    }

    [[nodiscard]] std::size_t requests_running() const { return served_.server.requests_running(); }

    void read(std::size_t bytes) {
        std::vector<char> some(bytes);
        while (bytes > 0) {
            const std::size_t got = client_.stream().recv({some.data(), bytes}, kPatience);
            if (got == 0) return;
            bytes -= got;
            total += got;
        }
    }
    /// 2,400 bytes a second.
    void read_slowly(int times) {
        for (int i = 0; i < times; ++i) {
            sleep(10s);
            read(24'000);
        }
    }

private:
    http::WsgiOptions at_rate(std::uint64_t rate) {
        http::WsgiOptions options = slow_reader_slot(metrics_);
        options.limits.write_rate = rate;
        options.error_log = [](http::LogLevel, std::string_view) {};
        return options;
    }

    http::ServerMetrics metrics_;
    ServedOverUnix served_;
    Client client_ = served_.client();

public:
    std::size_t total = 0;
};

http::Application much() {
    return with_large([] { return http::Body{std::string(kMuch, 'x')}; });
}

/// The same, sent by the greenlet of the request.
std::map<const char*, http::Application> much_by_a_greenlet() {
    return {{"on_close",
             with_large([] { return http::Body{std::string(kMuch, 'x')}.on_close([] {}); })},
            {"generator", with_large([] {
                 return http::Body{[made = 0]() mutable -> std::optional<std::string> {
                     if (made++ == 24) return std::nullopt;
                     return std::string(kMuch / 24, 'x');
                 }};
             })},
            {"write", [](http::Environ&, http::StartResponse& start) {
                 const http::Write write = start("200 OK", {});
                 for (int i = 0; i < 24; ++i) write(std::string(kMuch / 24, 'x'));
                 return http::Body{};
             }}};
}

FAKE_CLOCK_TEST(SlowReader, ThatTakesALittleAtATimeIsNotCut) {  // S-089, O-072
    HonestReader reader{much(), 512};
    reader.read_slowly(60);
    EXPECT_EQ(reader.requests_running(), 1U);
    reader.read(2 * kMuch);
    EXPECT_GT(reader.total, kMuch);
}

FAKE_CLOCK_TEST(SlowReader, ThatStopsTakingALittleIsCut) {  // S-089
    HonestReader reader{much(), 512};
    reader.read_slowly(15);
    const auto stopped = now();
    while (reader.requests_running() != 0) sleep(1s);
    EXPECT_GE(now() - stopped, 20s);
    EXPECT_LE(now() - stopped, 60s) << "it is looked at once in timeouts.write";
}

void expect_too_slow(const http::Application& application) {
    HonestReader enough{application, 1'000};
    HonestReader too_slow{application, 6'000};
    for (int i = 0; i < 30; ++i) {
        enough.read_slowly(1);
        too_slow.read(24'000);
    }
    EXPECT_EQ(enough.requests_running(), 1U);
    EXPECT_EQ(too_slow.requests_running(), 0U);
    EXPECT_LT(too_slow.total, kMuch);
}

// Though it takes some each time.
FAKE_CLOCK_TEST(SlowReader, ThatTakesALittleMustTakeEnough) { expect_too_slow(much()); }  // O-072

FAKE_CLOCK_TEST(SlowReader, ThatAGreenletWaitsForMustTakeEnough) {  // O-072
    for (const auto& [name, application] : much_by_a_greenlet()) {
        SCOPED_TRACE(name);
        expect_too_slow(application);
    }
}

FAKE_CLOCK_TEST(SlowReader, DoesNotCountForTheTimeOfItsRequest) {  // O-074
    http::ServerMetrics metrics;
    http::WsgiOptions options = slow_reader_slot(metrics);
    options.timeouts.request = 3s;
    ServedApplication served{with_large([] { return http::Body{std::string(kMuch, 'x')}; }),
                             options};
    const auto client = unread(served);
    sleep(10s);
    EXPECT_EQ(client->answer().body.size(), kMuch);
}

// What runs then, its functions at the end too, is not cut.
FAKE_CLOCK_TEST(SlowReader, OfAGeneratorCountsUntilItsLastPieceIsMade) {  // O-074
    for (const Duration last : {2s, 4s}) {
        SCOPED_TRACE(last / 1s);
        http::ServerMetrics metrics;
        http::WsgiOptions options = slow_reader_slot(metrics);
        options.timeouts.request = 3s;
        bool closed = false;
        const auto make = [&] {
            return http::Body{[last, made = 0]() mutable -> std::optional<std::string> {
                       if (made++ == 0) return "x";
                       sleep(last);
                       return std::nullopt;
                   }}
                .on_close([&closed] {
                    sleep(10s);
                    closed = true;
                });
        };
        ServedApplication served{with_large(make), options};
        Client client{served.address()};
        client.send(get("/large"));
        sleep(20s);
        EXPECT_TRUE(closed);
        if (last < 3s) {
            EXPECT_EQ(client.brief(), "200 x");
            EXPECT_THAT(served.errors, IsEmpty());
        } else {
            EXPECT_THAT(served.errors, Contains(HasSubstr("a second after timeouts.request")));
        }
    }
}

FAKE_CLOCK_TEST(SlowReader, EndsWithItsServer) {  // O-071
    http::ServerMetrics metrics;
    ServedApplication served{with_large([] { return http::Body{std::string(kMuch, 'x')}; }),
                             slow_reader_slot(metrics)};
    const auto client = unread(served);
    const auto began = now();
    served.server.stop(1s);
    EXPECT_EQ(now() - began, 1s);
    EXPECT_EQ(served.server.requests_running(), 0U);
    EXPECT_EQ(metrics.slow.value(), 0U);
}

}  // namespace
}  // namespace grove::test
