// C-008, C-070: greenlets that talk by datagrams, killed at random points: no descriptor is left, and no greenlet.
#include <grove/http/datagram_server.h>

#include <array>
#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include <grove/core/datagram.h>
#include <grove/core/errors.h>
#include <grove/core/greenlet.h>

#include "greenlet_test.h"
#include "random_kills.h"

namespace grove::http {
namespace {

using namespace std::chrono_literals;

TEST(DatagramKills, LeaveNothingAtRandomPoints) {
    test::run_in_fresh_hub(
        [] {
            DatagramServer server{
                "127.0.0.1:0", [](const std::string& data, const Address& from, Datagram& socket) {
                    sleep();
                    socket.send_to("re: " + data, from, 5s);
                }};
            server.start();
            const Address address = Address::parse(server.address());
            const auto ask = [&] {
                Datagram client = Datagram::connect(address);
                for (int i = 0; i < 3; ++i) {
                    std::array<char, 100> bytes;
                    client.send("hello", 5s);
                    EXPECT_EQ(client.recv(bytes, 5s), 9U);
                }
            };
            test::kill_at_random_points(ask);
            ask();
            EXPECT_EQ(server.dropped(), 0U);
            server.stop();
        },
        {.more_time = 1min});
}

// A socket that many read by turns: what a killed reader has not taken is the next one's.
TEST(DatagramKills, LoseNoMessageOfASharedSocket) {
    test::run_in_fresh_hub(
        [] {
            Datagram server = Datagram::bind(Address::ip("127.0.0.1", 0));
            Datagram client = Datagram::connect(server.local());
            int sent = 0;
            int taken = 0;
            test::kill_at_random_points([&] {
                std::array<char, 100> bytes;
                if (sent - taken < 20) client.send(std::to_string(sent++));
                sleep();
                const std::size_t got = server.recv(bytes, 5s);
                EXPECT_EQ((std::string{bytes.data(), got}), std::to_string(taken));
                ++taken;
            });
            std::array<char, 100> bytes;
            for (; taken < sent; ++taken)
                EXPECT_EQ(server.recv(bytes, 5s), std::to_string(taken).size());
            EXPECT_THROW(server.recv(bytes, 0ms), SocketTimeout);
        },
        {.more_time = 1min});
}

}  // namespace
}  // namespace grove::http
