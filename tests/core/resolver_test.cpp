#include <grove/core/resolver.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>
#include <vector>

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>

#include <grove/core/connect.h>
#include <grove/core/detail/listening_socket.h>
#include <grove/core/errors.h>
#include <grove/core/greenlet.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "stream_pair.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// One port on both addresses of two.test.
struct TwoAddresses {
    TwoAddresses() {
        for (;;) {
            second = listen_on(Address::ip("127.0.0.2", 0));
            port = Address::local_of(second.get()).port();
            try {
                first = listen_on(Address::ip("127.0.0.1", port), {.backlog = 0});
                return;
            } catch (const std::system_error&) {  // taken: another port
            }
        }
    }

    FileDescriptor first;
    FileDescriptor second;
    std::uint16_t port = 0;
};

/// From now on the listener's kernel drops SYNs: its queue is full, and nobody accepts.
class BlackHole {
public:
    explicit BlackHole(const FileDescriptor& listener) {
        ::listen(listener.get(), 0);
        const Address address = Address::local_of(listener.get());
        do {
            FileDescriptor& fd = clients_.emplace_back(
                ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
            ::connect(fd.get(), address.data(), static_cast<socklen_t>(address.bytes()));
        } while (is_connected(clients_.back()));
    }

private:
    static bool is_connected(const FileDescriptor& fd) {
        pollfd look{fd.get(), POLLOUT, 0};
        return ::poll(&look, 1, 0) == 1;
    }

    std::vector<FileDescriptor> clients_;
};

// C-011. Without a timeout: names are found by a thread, whose time is real.
FAKE_CLOCK_TEST(Connecting, PassesABlackHoleAfterAQuarterOfASecond) {
    const TwoAddresses two;
    const BlackHole hole{two.first};
    const auto began = test::now();
    const Stream client = connect("two.test", two.port);
    EXPECT_EQ(test::now() - began, 250ms);
    EXPECT_EQ(Address::peer_of(client.fd()).host(), "127.0.0.2");
}

// C-011
FAKE_CLOCK_TEST(Connecting, GoesOnAtOnceWhenAnAddressRefuses) {
    TwoAddresses two;
    two.first.reset();
    const auto began = test::now();
    const Stream client = connect("two.test", two.port);
    EXPECT_EQ(test::now() - began, 0ms);
    EXPECT_EQ(Address::peer_of(client.fd()).host(), "127.0.0.2");
}

// C-011
GREENLET_TEST(Connecting, PrefersTheFirstAddressAndClosesTheOther) {
    const TwoAddresses two;
    Stream client = connect("two.test", two.port, 5s);
    EXPECT_EQ(Address::peer_of(client.fd()).host(), "127.0.0.1");
    Stream server = test::accept_one(two.first);
    server.sendall("hello");
    std::array<char, 8> bytes{};
    EXPECT_EQ(client.recv(bytes, 5s), 5U);
}

// C-011
GREENLET_TEST(Connecting, NamesEveryAddressThatRefused) {
    TwoAddresses two;
    two.first.reset();
    two.second.reset();
    const std::string port = std::to_string(two.port);
    try {
        connect("two.test", two.port, 5s);
        FAIL() << "somebody answered";
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), std::errc::connection_refused);
        EXPECT_EQ(error.what(), "connect to two.test: 127.0.0.1:" + port +
                                    ": Connection refused; 127.0.0.2:" + port +
                                    ": Connection refused");
    }
}

// C-011
GREENLET_TEST(Connecting, HasOneTimeoutForAllAddressesAndNamesThem) {
    const TwoAddresses two;
    const BlackHole first{two.first};
    const BlackHole second{two.second};
    const auto began = std::chrono::steady_clock::now();
    try {
        connect("two.test", two.port, 400ms);
        FAIL() << "somebody answered";
    } catch (const SocketTimeout& timeout) {
        EXPECT_GE(std::chrono::steady_clock::now() - began, 400ms);
        EXPECT_THAT(timeout.what(), HasSubstr("two.test: 127.0.0.1:"));
        EXPECT_THAT(timeout.what(), HasSubstr(": no answer; 127.0.0.2:"));
    }
}

// C-011: the test's own end sees that no descriptor is left.
GREENLET_TEST(Connecting, EndsWhenItsGreenletIsKilled) {
    const TwoAddresses two;
    const BlackHole first{two.first};
    const BlackHole second{two.second};
    resolve("two.test",
            two.port);  // what the look-ups' thread opens when it starts is not the greenlet's
    auto connecting = spawn([&] { connect("two.test", two.port); });
    sleep(1ms);
    connecting.kill();
    EXPECT_TRUE(connecting.dead());
    EXPECT_FALSE(connecting.returned());
}

// C-012: the name stays in a thread for ever.
FAKE_CLOCK_TEST(Resolver, NamesTheHostThatIsNotFoundInTime) {
    const auto began = test::now();
    try {
        resolve("dead.test", 80, 100ms);
        FAIL() << "it was found";
    } catch (const SocketTimeout& timeout) {
        EXPECT_THAT(timeout.what(), HasSubstr("resolve \"dead.test\""));
        EXPECT_EQ(test::now() - began, 100ms);
    }
}

}  // namespace
}  // namespace grove
