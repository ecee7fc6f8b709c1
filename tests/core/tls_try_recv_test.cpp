#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

#include <sys/socket.h>

#include <gmock/gmock.h>

#include <grove/core/errors.h>
#include <grove/core/fd_wait.h>
#include <grove/core/greenlet.h>
#include <grove/core/stream.h>
#include <grove/core/tls.h>

#include "greenlet_test.h"
#include "stream_pair.h"
#include "temporary_folder.h"
#include "test_certificates.h"

namespace grove {
namespace {

using namespace std::chrono_literals;

test::StreamPair tls_pair() {
    const TemporaryFolder folder;
    test::Authority authority{folder.path()};
    const auto for_server =
        TlsContext::server({.certificates = {authority.issue("localhost", {"DNS:localhost"})}});
    const auto for_client = TlsContext::client({.ca_file = authority.file()});
    test::StreamPair plain = test::tcp_pair();
    auto accepting = spawn([&] { return tls_accept(std::move(plain.server), for_server, 5s); });
    Stream client = tls_connect(std::move(plain.client), for_client, "localhost", 5s);
    return {std::move(client), std::move(accepting).get()};
}

// As a driver's loop does: nothing but its own wait tells the stream that more has come.
std::size_t receive(Stream& stream, std::span<char> into) {
    for (;;) {
        if (const std::optional<std::size_t> got = stream.try_recv(into)) return *got;
        if (wait_fd(stream.fd(), Ready::kRead, 5s) == Ready::kNone) throw SocketTimeout{"wait_fd"};
    }
}

// C-013
GREENLET_TEST(TlsStream, TriesToReceiveWhatIsDecryptedFirst) {
    auto [client, server] = tls_pair();
    std::array<char, 4> four;
    EXPECT_EQ(client.try_recv(four), std::nullopt);
    server.sendall("abcdef");
    EXPECT_EQ(receive(client, four), 4U);
    EXPECT_EQ(client.buffered(), 2U);
    EXPECT_EQ(wait_fd(client.fd(), Ready::kRead, 0ms), Ready::kNone) << "the rest is decrypted";
    EXPECT_EQ(client.try_recv(four), 2U);
    EXPECT_EQ(client.try_recv(four), std::nullopt);
    server.close();
    EXPECT_EQ(receive(client, four), 0U);
    EXPECT_EQ(client.try_recv(four), 0U);
}

// C-013: the kernel has more within the turn in which a try found nothing.
GREENLET_TEST(TlsStream, LooksAgainAtEachTry) {
    auto [client, server] = tls_pair();
    std::array<char, 4> four;
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(client.try_recv(four), std::nullopt);
        server.sendall("x");
        EXPECT_EQ(wait_fd(client.fd(), Ready::kRead), Ready::kRead);
        EXPECT_EQ(client.try_recv(four), 1U);
    }
    server.sendall("y");
    EXPECT_EQ(client.recv(four, 5s), 1U) << "the loop watches the socket from here on, or did";
    EXPECT_EQ(client.try_recv(four), std::nullopt);
    server.sendall("z");
    EXPECT_EQ(receive(client, four), 1U);
}

// C-013
GREENLET_TEST(TlsStream, ThrowsWhenATryFindsTheEndWithoutAFarewell) {
    auto [client, server] = tls_pair();
    std::array<char, 4> four;
    EXPECT_EQ(client.try_recv(four), std::nullopt);  // takes the tickets
    ASSERT_EQ(::shutdown(server.fd(), SHUT_WR), 0);
    EXPECT_EQ(wait_fd(client.fd(), Ready::kRead, 5s), Ready::kRead);
    try {
        client.try_recv(four);
        ADD_FAILURE() << "a cut was taken for the end";
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), std::errc::connection_reset);
    }
}

}  // namespace
}  // namespace grove
