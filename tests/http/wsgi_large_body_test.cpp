// Bodies of which much is due: they are received straight into what read() returns (S-080, S-081, S-089).
#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/timeout.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "served_application.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBytes = 300'000;

/// No two places of it look alike.
std::string large(std::size_t bytes = kBytes) {
    std::string text;
    for (std::size_t number = 0; text.size() < bytes; ++number)
        text += std::to_string(number) + ' ';
    text.resize(bytes);
    return text;
}

std::string head_of(std::size_t bytes) {
    return "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n";
}

/// Answers a POST with "whole" if `read` gives large(), others with "next".
http::Application told_by(std::function<std::string(http::Input&)> read) {
    return [read = std::move(read)](http::Environ& environ, http::StartResponse& start) {
        const bool posted = environ["REQUEST_METHOD"] == "POST";
        const std::string told = !posted                            ? "next"
                                 : read(environ.input()) == large() ? "whole"
                                                                    : "another";
        start("200 OK", {});
        return http::Body{told};
    };
}

GREENLET_TEST(LargeBody, IsWholeHoweverItIsAskedForAndTheNextRequestStays) {  // S-080
    const std::ptrdiff_t sizes[] = {-1, 700, 8191, 8192, 65536, 100'000, 1'000'000};
    for (const std::size_t buffer : {std::size_t{0}, std::size_t{65536}, std::size_t{1'000'000}}) {
        for (const std::ptrdiff_t size : sizes) {
            SCOPED_TRACE(std::to_string(size) + " of " + std::to_string(buffer));
            ServedApplication served{told_by([size](http::Input& input) {
                                         std::string all;
                                         for (std::string part;
                                              part = input.read(size), !part.empty();)
                                             all += part;
                                         return all;
                                     }),
                                     {.limits = {.body_buffer = buffer}}};
            Client client{served.address()};
            client.send(head_of(kBytes) + large() + get());
            EXPECT_EQ(client.brief(), "200 whole");
            EXPECT_EQ(client.brief(), "200 next");
        }
    }
}

GREENLET_TEST(LargeBody, IsWholeWhereverItWasCut) {  // S-080
    ServedApplication served{told_by([](http::Input& input) {
                                 std::string all = input.read(3);
                                 all += input.readline(10'000);
                                 all += input.read(50'000);
                                 all += input.readline();
                                 return all + input.read_all(kBytes);
                             }),
                             {.limits = {.body_buffer = 0}}};
    const std::string head = head_of(kBytes);
    const std::string bytes = head + large() + get();
    for (const std::size_t at : {head.size(), head.size() + 1, head.size() + 4096,
                                 head.size() + 60'003, head.size() + kBytes - 1}) {
        SCOPED_TRACE(at);
        Client client{served.address()};
        client.send_cut_at(bytes, at);
        EXPECT_EQ(client.brief(), "200 whole");
        EXPECT_EQ(client.brief(), "200 next");
    }
}

FAKE_CLOCK_TEST(LargeBody, LosesNothingOfAReadThatIsInterrupted) {  // S-080
    for (const std::size_t come : {std::size_t{0}, std::size_t{1}, std::size_t{100'000}}) {
        SCOPED_TRACE(come);
        Event interrupted;
        ServedApplication served{told_by([&](http::Input& input) {
                                     try {
                                         const TimeoutGuard guard{10ms};
                                         input.read();
                                         ADD_FAILURE() << "it was not interrupted";
                                     } catch (const Timeout&) {
                                         interrupted.set();
                                     }
                                     std::string all = input.read(2);
                                     all += input.readline(5);
                                     return all + input.read();
                                 }),
                                 {.limits = {.body_buffer = 0}}};
        Client client{served.address()};
        client.send(head_of(kBytes) + large().substr(0, come));
        interrupted.wait();
        client.send(large().substr(come));
        EXPECT_EQ(client.brief(), "200 whole");
    }
}

GREENLET_TEST(LargeBody, ReadByTwoGreenletsIsReadOnceAndNoFurther) {  // S-089
    std::size_t read = 0;
    ServedApplication served{[&](http::Environ& environ, http::StartResponse& start) {
                                 const auto all = [&read, input = environ.input()]() mutable {
                                     for (std::string part;
                                          part = input.read(30'000), !part.empty();)
                                         read += part.size();
                                 };
                                 const Greenlet other = spawn(all);
                                 std::function<void()>{all}();
                                 other.join();
                                 start("200 OK", {});
                                 return http::Body{std::to_string(std::exchange(read, 0))};
                             },
                             {.limits = {.body_buffer = 0}}};
    Client client{served.address()};
    const std::string bytes = head_of(kBytes) + large() + get();
    for (const std::size_t at : {bytes.size() - kBytes, bytes.size() - 100'000}) {
        client.send_cut_at(bytes, at);
        EXPECT_EQ(client.brief(), "200 300000");
        EXPECT_EQ(client.brief(), "200 0");
    }
}

GREENLET_TEST(LargeBody, OfARequestThatEndedGoesToNoReaderOfIt) {  // S-089
    std::string heard;
    AnyGreenlet reader;
    ServedApplication served{[&](http::Environ& environ, http::StartResponse& start) {
                                 reader = spawn([&heard, input = environ.input()]() mutable {
                                     try {
                                         heard = "read " + input.read();
                                     } catch (const http::BadRequest&) {
                                         heard = "thrown";
                                     }
                                 });
                                 sleep();  // it waits for the body now
                                 start("200 OK", {});
                                 return http::Body{"answered"};
                             },
                             {.limits = {.body_buffer = 0}}};
    Client client{served.address()};
    client.send(head_of(20'000));
    EXPECT_EQ(client.brief(), "200 answered");
    client.send(std::string(20'000, 'x'));
    client.close();
    reader.join();
    EXPECT_EQ(heard, "thrown");
}

GREENLET_TEST(LargeBody, WhoseClientGoesThrows) {  // S-081
    std::string heard;
    ServedApplication served{[&](http::Environ& environ, http::StartResponse&) -> http::Body {
                                 try {
                                     environ.input().read();
                                 } catch (const http::ClientDisconnected& error) {
                                     heard = error.what();
                                     throw;
                                 }
                                 return {};
                             },
                             {.limits = {.body_buffer = 0}}};
    Client client{served.address()};
    client.send(head_of(kBytes) + large(50'000));
    client.finish_sending();
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_THAT(heard, testing::HasSubstr("before the body was complete"));
}

}  // namespace
}  // namespace grove::test
