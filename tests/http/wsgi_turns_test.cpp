// A client that is always ready does not have the thread for itself (S-150): after so many system calls, and after so
// many requests, others have their turn.
#include <algorithm>
#include <cstddef>
#include <string>

#include <gmock/gmock.h>

#include <grove/core/connect.h>
#include <grove/core/greenlet.h>

#include "greenlet_test.h"
#include "served_application.h"
#include "temporary_folder.h"

namespace grove::test {
namespace {

/// While `ask` runs. @return by how much `count` grew at most between two turns of a greenlet that is always ready
template <class Ask>
std::size_t most_in_a_turn(const std::size_t& count, Ask ask) {
    std::size_t most = 0;
    auto bystander = spawn([&] {
        for (std::size_t before = count;; before = count) {
            sleep();
            most = std::max(most, count - before);
        }
    });
    ask();
    bystander.kill();
    return most;
}

GREENLET_TEST(Turns, AreGivenToOthersAfter32Sends) {  // S-150
    std::size_t sends = 0;
    ServedApplication served{[&](http::Environ&, http::StartResponse& start) {
        const http::Write write = start("200 OK", {});
        while (sends < 200) {
            ++sends;
            write("x");
        }
        return http::Body{};
    }};

    const std::size_t most =
        most_in_a_turn(sends, [&] { EXPECT_EQ(served.ask(get()).body.size(), 200U); });

    EXPECT_EQ(most, 32U);
}

// A unix socket's kernel keeps some 200 KB, at 4 KiB a call.
GREENLET_TEST(Turns, AreGivenToOthersAfter32Receives) {  // S-150
    const TemporaryFolder folder;
    const std::string path = (folder.path() / "socket").string();
    std::size_t bytes = 0;
    http::WsgiServer server{"unix:" + path,
                            [&](http::Environ& environ, http::StartResponse& start) {
                                while (const std::size_t got = environ.input().read(1024).size())
                                    bytes += got;
                                start("200 OK", {});
                                return http::Body{};
                            }};
    server.start();
    Client client{connect(Address::unix_path(path), kPatience)};

    const std::size_t most = most_in_a_turn(bytes, [&] {
        client.send(post(std::string(1'000'000, 'x')));
        EXPECT_EQ(client.answer().status, 200);
    });
    server.stop();

    EXPECT_EQ(bytes, 1'000'000U);
    EXPECT_GT(most, std::size_t{16} * 4096);
    EXPECT_LT(most, std::size_t{34} * 4096);
}

// Their answers leave together, in few system calls.
GREENLET_TEST(Turns, AreGivenToOthersAfter64Requests) {  // S-150
    constexpr std::size_t kRequests = 300;
    std::size_t requests = 0;
    ServedApplication served{[&](http::Environ&, http::StartResponse& start) {
        ++requests;
        start("200 OK", {});
        return http::Body{};
    }};
    Client client{served.address()};
    std::string all;
    for (std::size_t count = 0; count < kRequests; ++count) all += get();

    const std::size_t most = most_in_a_turn(requests, [&] {
        client.send(all);
        for (std::size_t count = 0; count < kRequests; ++count)
            EXPECT_EQ(client.answer().status, 200);
    });

    EXPECT_EQ(requests, kRequests);
    EXPECT_EQ(most, 64U);
}

}  // namespace
}  // namespace grove::test
