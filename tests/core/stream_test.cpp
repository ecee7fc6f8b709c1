#include <grove/core/stream.h>

#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include <grove/core/detail/socket.h>
#include <grove/core/errors.h>
#include <grove/core/fd_wait.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/core/resolver.h>
#include <grove/core/timeout.h>
#include <grove/core/wait.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "stream_pair.h"
#include "temporary_folder.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

std::string recv_of_stream(Stream& stream, Timespan timeout = 5s) {
    std::array<char, 4096> buffer;
    const std::size_t got = stream.recv(buffer, timeout);
    return {buffer.data(), got};
}
std::string recv_all(Stream& stream) {
    std::string all;
    for (std::string some; !(some = recv_of_stream(stream)).empty();) all += some;
    return all;
}

GREENLET_TEST(Stream, CarriesBytesBothWaysAndHalfCloses) {
    for (auto make : {&test::tcp_pair, &test::unix_pair}) {
        auto [client, server] = make();
        auto echo = spawn([&server = server] { server.sendall(recv_all(server)); });
        client.sendall("half ");
        sleep(1ms);
        client.sendall("closed");
        client.shutdown_write();
        EXPECT_EQ(recv_of_stream(client), "half closed");
        echo.get();
        server.close();
        EXPECT_EQ(recv_of_stream(client), "");
        EXPECT_EQ(server.fd(), -1);
        EXPECT_THROW(server.sendall("x"), std::system_error);
    }
}

GREENLET_TEST(Stream, GivesFirstWhatWasReadBeforeItWasMade) {  // S-135
    int fds[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    Stream peer{std::make_unique<Socket>(FileDescriptor{fds[0]})};
    Stream made{std::make_unique<Socket>(FileDescriptor{fds[1]}), "early"};
    Stream stream{std::move(made)};
    EXPECT_EQ(stream.buffered(), 5U);
    std::array<char, 2> two;
    EXPECT_EQ(stream.recv(two), 2U);
    EXPECT_EQ(std::string(two.data(), 2), "ea");
    peer.sendall(" late");
    EXPECT_EQ(recv_of_stream(stream), "rly");
    EXPECT_EQ(stream.buffered(), 0U);
    EXPECT_EQ(recv_of_stream(stream), " late");
}

GREENLET_TEST(Stream, SendsMoreThanTheKernelHoldsWhileTheOtherReads) {
    auto [client, server] = test::tcp_pair();
    const std::string large(8 << 20, 'x');
    auto writer = spawn([&, &to = client] {
        to.sendall(large, 30s);
        to.shutdown_write();
    });
    EXPECT_EQ(recv_all(server).size(), large.size());
    writer.get();
}

GREENLET_TEST(Stream, TimesOutByItsOwnTimeOrAGuard) {
    auto [client, server] = test::unix_pair();
    EXPECT_THROW(recv_of_stream(client, 1ms), SocketTimeout);
    try {
        recv_of_stream(client, 1ms);
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), std::errc::timed_out);
    }
    const std::string large(8 << 20, 'x');
    EXPECT_THROW(client.sendall(large, 1ms), SocketTimeout);
    const TimeoutGuard guard{1ms};
    EXPECT_THROW(client.sendall(large), Timeout);
}

GREENLET_TEST(Stream, IsLeftByAKilledReaderAndReadByTheNext) {
    auto [client, server] = test::unix_pair();
    auto killed = spawn([&from = client] { recv_of_stream(from); });
    auto next = spawn([&from = client] { return recv_of_stream(from); });
    sleep();
    killed.kill();
    server.sendall("for the next");
    EXPECT_EQ(next.get(), "for the next");
}

GREENLET_TEST(Stream, WakesItsReaderWithAnErrorWhenAnotherClosesIt) {
    auto [client, server] = test::unix_pair();
    test::ignore_reports();
    auto reader = spawn([&from = client] { return recv_of_stream(from); });
    sleep();
    client.close();
    EXPECT_THROW(reader.get(), std::system_error);
}

GREENLET_TEST(Stream, SendsAPieceOfAFile) {
    const TemporaryFolder folder;
    const FileDescriptor file{
        ::open((folder.path() / "file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    const std::string content(3 << 20, 'f');
    ASSERT_EQ(::write(file.get(), content.data(), content.size()),
              static_cast<ssize_t>(content.size()));
    auto [client, server] = test::tcp_pair();
    auto sender = spawn([&, &to = server] {
        to.sendfile(file.get(), 1000, content.size() - 1000, 30s);
        EXPECT_THROW(to.sendfile(file.get(), content.size() - 1, 2), std::system_error);
        to.close();
    });
    EXPECT_EQ(recv_all(client).size(), content.size() - 1000 + 1);
    sender.get();
}

/// Takes whatever it is sent at once, as a peer that reads faster than we send.
Stream taking_all() {
    return Stream{std::make_unique<Socket>(
        FileDescriptor{::open("/dev/null", O_WRONLY | O_CLOEXEC | O_NONBLOCK)})};
}

constexpr int kMebibytes = 8;
FileDescriptor file_of_mebibytes(const TemporaryFolder& folder) {
    FileDescriptor file{
        ::open((folder.path() / "file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    EXPECT_EQ(::ftruncate(file.get(), kMebibytes << 20), 0);
    return file;
}

// C-013
GREENLET_TEST(Stream, GivesOthersTheirTurnAfterEachMebibyteOfAFile) {
    const TemporaryFolder folder;
    const FileDescriptor file = file_of_mebibytes(folder);
    Stream quick = taking_all();
    int turns = 0;
    auto other = spawn([&] {
        for (;; sleep()) ++turns;
    });
    quick.sendfile(file.get(), 0, 1 << 20);
    EXPECT_EQ(turns, 0) << "it was all";
    quick.sendfile(file.get(), 0, kMebibytes << 20);
    EXPECT_EQ(turns, kMebibytes - 1);
    other.kill();
}

// C-013
FAKE_CLOCK_TEST(Stream, EndsAFileThatNeverWaitsByItsTimeOrAKill) {
    const TemporaryFolder folder;
    const FileDescriptor file = file_of_mebibytes(folder);
    Stream quick = taking_all();
    int turns = 0;
    auto other = spawn([&] {
        for (;; sleep()) {
            ++turns;
            test::compute(1s);
        }
    });
    EXPECT_THROW(quick.sendfile(file.get(), 0, kMebibytes << 20, 2500ms), SocketTimeout);
    EXPECT_EQ(turns, 3);
    other.kill();

    bool sent = false;
    auto sender = spawn([&] {
        quick.sendfile(file.get(), 0, kMebibytes << 20);
        sent = true;
    });
    sleep();
    sender.kill();
    EXPECT_FALSE(sent);
}

// C-013
GREENLET_TEST(Stream, TriesToReceiveWithoutBlocking) {
    for (auto make : {&test::tcp_pair, &test::unix_pair}) {
        auto [client, server] = make();
        std::array<char, 4> four;
        bool ran = false;
        auto other = spawn([&] { ran = true; });
        EXPECT_EQ(client.try_recv(four), std::nullopt);
        EXPECT_FALSE(ran) << "it switched";
        server.sendall("abcdef");
        EXPECT_EQ(wait_fd(client.fd(), Ready::kRead, 5s), Ready::kRead);
        EXPECT_EQ(client.try_recv(four), 4U);
        EXPECT_EQ(std::string(four.data(), 4), "abcd");
        EXPECT_EQ(client.try_recv(four), 2U);
        EXPECT_EQ(client.try_recv(four), std::nullopt);
        EXPECT_THROW(client.try_recv({}), std::invalid_argument);
        server.sendall("and recv");  // goes on to block where it left nothing
        EXPECT_EQ(recv_of_stream(client), "and recv");
        server.close();
        EXPECT_EQ(wait_fd(client.fd(), Ready::kRead, 5s), Ready::kRead);
        EXPECT_EQ(client.try_recv(four), 0U);
        EXPECT_EQ(client.try_recv(four), 0U);
        client.close();
        EXPECT_THROW(client.try_recv(four), std::system_error);
        other.join();
    }
}

// C-013
GREENLET_TEST(Stream, TriesWhatIsUnreadFirst) {
    int fds[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    Stream peer{std::make_unique<Socket>(FileDescriptor{fds[0]})};
    Stream stream{std::make_unique<Socket>(FileDescriptor{fds[1]}), "early"};
    peer.sendall("late");
    std::array<char, 4> four;
    EXPECT_EQ(stream.try_recv(four), 4U);
    EXPECT_EQ(std::string(four.data(), 4), "earl");
    EXPECT_EQ(stream.try_recv(four), 1U);
    EXPECT_EQ(stream.try_recv(four), 4U);
    EXPECT_EQ(std::string(four.data(), 4), "late");
    Stream moved{std::move(stream)};
    // NOLINTNEXTLINE(bugprone-use-after-move): that is what is tested
    EXPECT_THROW(stream.try_recv(four), std::system_error);
}

// C-013
GREENLET_TEST(Stream, ThrowsWhenATryFindsAReset) {
    auto [client, server] = test::tcp_pair();
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ASSERT_EQ(::setsockopt(server.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    server.close();
    EXPECT_EQ(wait_fd(client.fd(), Ready::kRead, 5s), Ready::kRead);
    std::array<char, 4> four;
    try {
        client.try_recv(four);
        ADD_FAILURE() << "the reset went unnoticed";
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), std::errc::connection_reset);
    }
}

// P-003
GREENLET_TEST(Stream, IsServedWhileAGreenletYieldsInALoop) {
    auto [client, server] = test::tcp_pair();
    bool stop = false;
    auto busy = spawn([&] {
        while (!stop) sleep();
    });
    auto echo = spawn([&at = server] { at.sendall(recv_of_stream(at)); });
    client.sendall("ping");
    EXPECT_EQ(recv_of_stream(client), "ping");
    stop = true;
    joinall({busy, echo});
}

GREENLET_TEST(Connect, NamesTheAddressThatRefused) {
    FileDescriptor listener = listen_on(Address::ip("127.0.0.1", 0));
    const Address address = Address::local_of(listener.get());
    listener.reset();
    try {
        connect(address, 5s);
        ADD_FAILURE() << "somebody answered";
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), std::errc::connection_refused);
        EXPECT_THAT(error.what(), HasSubstr(address.text()));
    }
}

// That the hub runs meanwhile cannot be told from outside: the answer may be there before anybody else is ready.
GREENLET_TEST(Resolver, FindsAddresses) {
    EXPECT_EQ(resolve("127.0.0.1", 80).at(0).text(), "127.0.0.1:80");
    EXPECT_EQ(resolve("::1", 80).at(0).text(), "[::1]:80");
    const auto found = resolve("localhost", 8080, 5s);
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0].port(), 8080);
    EXPECT_THROW(resolve("no host has such a name", 1, 5s), std::system_error);
}

GREENLET_TEST(Resolver, ConnectsToTheFirstAddressThatAnswers) {
    const FileDescriptor listener = listen_on(Address::ip("127.0.0.1", 0));
    const std::uint16_t port = Address::local_of(listener.get()).port();
    Stream client = connect("localhost", port, 5s);
    Stream server = test::accept_one(listener);
    server.sendall("hello");
    EXPECT_EQ(recv_of_stream(client), "hello");
}

GREENLET_TEST(Stream, GivesUnreadBytesAgainBeforeOthers) {
    auto [client, server] = test::tcp_pair();
    server.sendall("world");
    client.unread("lo ");
    client.unread("hel");
    EXPECT_EQ(client.buffered(), 6U);
    EXPECT_EQ(recv_of_stream(client), "hello ");
    EXPECT_EQ(recv_of_stream(client), "world");
}

GREENLET_TEST(Stream, TriesToSendWithoutBlocking) {
    auto [client, server] = test::tcp_pair();
    const std::string bytes(1 << 20, 'x');
    std::size_t sent = 0;
    while (const auto some = client.try_send(bytes)) sent += *some;
    EXPECT_GT(sent, 0U);
    EXPECT_EQ(client.try_send(bytes), std::nullopt);
    EXPECT_EQ(client.try_send(""), 0U);
    server.close();
    EXPECT_THROW(while (true) if (!client.try_send(bytes)) wait_writable(client.fd(), 5s),
                 std::system_error);
}

}  // namespace
}  // namespace grove
