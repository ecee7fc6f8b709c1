// C-070: the socket beneath DatagramServer.
#include <grove/core/datagram.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include <grove/core/detail/listening_socket.h>
#include <grove/core/errors.h>
#include <grove/core/greenlet.h>
#include <grove/core/timeout.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "temporary_folder.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

const Address kLoopback = Address::ip("127.0.0.1", 0);

std::string receive_text(Datagram& socket, Timespan timeout = 5s) {
    std::array<char, 2048> bytes;
    return {bytes.data(), socket.recv(bytes, timeout)};
}

template <class F>
int error_of(F&& call) {
    try {
        call();
    } catch (const std::system_error& error) {
        return error.code().value();
    }
    return 0;
}

bool is_socket(const std::string& path) {
    struct stat file {};
    return ::lstat(path.c_str(), &file) == 0 && S_ISSOCK(file.st_mode);
}

GREENLET_TEST(Datagram, CarriesWholeMessagesAndTellsWhoSentThem) {
    Datagram server = Datagram::bind(kLoopback);
    Datagram client = Datagram::connect(server.local());
    client.send("one");
    client.send("");
    client.send("three");

    std::array<char, 100> bytes;
    Address from;
    EXPECT_EQ(server.recv_from(bytes, from, 5s), 3U);
    EXPECT_EQ(from, client.local());
    EXPECT_EQ(server.recv(bytes, 5s), 0U);  // empty, and not an end
    EXPECT_EQ(receive_text(server), "three");

    server.send_to("answer", from, 5s);
    EXPECT_EQ(receive_text(client), "answer");
}

GREENLET_TEST(Datagram, CutsWhatIsLongerThanTheRoom) {
    Datagram server = Datagram::bind(kLoopback);
    Datagram client = Datagram::connect(server.local());
    client.send("0123456789");
    client.send("next");
    std::array<char, 4> bytes;
    EXPECT_EQ(server.recv(bytes, 5s), 4U);
    EXPECT_EQ((std::string{bytes.data(), 4}), "0123");
    EXPECT_EQ(receive_text(server), "next");
    EXPECT_EQ(error_of([&] { client.send(std::string(70'000, 'x')); }), EMSGSIZE);
}

FAKE_CLOCK_TEST(Datagram, TimesOutAndIsInterruptedWithoutALoss) {
    Datagram server = Datagram::bind(kLoopback);
    Datagram client = Datagram::connect(server.local());
    const auto start = test::now();
    EXPECT_THROW(receive_text(server, 50ms), SocketTimeout);
    EXPECT_EQ(test::now() - start, 50ms);
    EXPECT_THROW(receive_text(server, 0ms), SocketTimeout);

    auto killed = spawn([&] { receive_text(server); });
    auto woken_first = spawn([&] { return receive_text(server); });
    sleep();
    killed.kill();
    client.send("for the other");
    EXPECT_EQ(woken_first.get(), "for the other");
}

GREENLET_TEST(Datagram, GivesEachMessageToOneOfSeveralReaders) {
    Datagram server = Datagram::bind(kLoopback);
    Datagram client = Datagram::connect(server.local());
    std::vector<std::string> got;
    std::vector<Greenlet<void>> readers;
    for (int i = 0; i < 3; ++i)
        readers.push_back(spawn([&] { got.push_back(receive_text(server)); }));
    sleep();
    for (const char* text : {"a", "b", "c"}) client.send(text);
    for (auto& reader : readers) reader.join();
    EXPECT_THAT(got, ::testing::UnorderedElementsAre("a", "b", "c"));
}

GREENLET_TEST(Datagram, WakesItsWaitersWithEbadfWhenClosed) {
    Datagram server = Datagram::bind(kLoopback);
    auto reader = spawn([&] { return error_of([&] { receive_text(server); }); });
    sleep();
    server.close();
    EXPECT_EQ(reader.get(), EBADF);
    EXPECT_EQ(server.fd(), -1);
    EXPECT_EQ(error_of([&] { receive_text(server); }), EBADF);
    EXPECT_EQ(error_of([&] { server.send_to("x", kLoopback); }), EBADF);
    server.close();
}

GREENLET_TEST(Datagram, MovesUnderItsReader) {
    Datagram first = Datagram::bind(kLoopback);
    Datagram client = Datagram::connect(first.local());
    auto reader = spawn([&] { return receive_text(first); });
    sleep();
    Datagram second = std::move(first);
    client.send("moved");
    EXPECT_EQ(reader.get(), "moved");
    EXPECT_EQ(error_of([&] { receive_text(first); }), EBADF);  // NOLINT(bugprone-use-after-move)
}

GREENLET_TEST(Datagram, TellsAConnectedClientThatNobodyIsThere) {
    Datagram server = Datagram::bind(kLoopback);
    Datagram client = Datagram::connect(server.local());
    server.close();
    client.send("hello");
    EXPECT_EQ(error_of([&] { receive_text(client); }), ECONNREFUSED);
}

GREENLET_TEST(Datagram, TakesIpv4OnAllInterfacesAndAnswersIt) {
    Datagram server = Datagram::bind(Address::ip("", 0));
    Datagram client = Datagram::connect(Address::ip("127.0.0.1", server.local().port()));
    client.send("hello");
    std::array<char, 100> bytes;
    Address from;
    server.recv_from(bytes, from, 5s);
    EXPECT_EQ(from, client.local());
    server.send_to("answer", client.local(), 5s);  // an IPv4 address, from a socket of both
    EXPECT_EQ(receive_text(client), "answer");
}

GREENLET_TEST(Datagram, NamesTheAddressThatIsTaken) {
    const Datagram server = Datagram::bind(kLoopback);
    try {
        Datagram::bind(server.local());
        ADD_FAILURE() << "two sockets on one port";
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code().value(), EADDRINUSE);
        EXPECT_THAT(error.what(), HasSubstr(server.local().text()));
    }
}

// S-014's rules
GREENLET_TEST(Datagram, OwnsTheFileOfAUnixSocket) {
    const TemporaryFolder folder;
    const Address where = Address::unix_path((folder.path() / "d.sock").string());
    {
        Datagram server = Datagram::bind(where);
        EXPECT_TRUE(is_socket(where.path()));
        EXPECT_EQ(error_of([&] { Datagram::bind(where); }), EADDRINUSE);

        Datagram client = Datagram::connect(where);
        client.send("hello");
        std::array<char, 100> bytes;
        Address from;
        EXPECT_EQ(server.recv_from(bytes, from, 5s), 5U);
        server.send_to("answer", from, 5s);  // to a client that has no path
        EXPECT_EQ(receive_text(client), "answer");

        const pid_t child = ::fork();
        if (child == 0) {
            { const Datagram theirs = std::move(server); }
            ::_exit(0);
        }
        ::waitpid(child, nullptr, 0);
        EXPECT_TRUE(is_socket(where.path()));
    }
    EXPECT_FALSE(is_socket(where.path()));
}

GREENLET_TEST(Datagram, TakesTheFileOfADeadOneAndNothingElse) {
    const TemporaryFolder folder;
    const Address where = Address::unix_path((folder.path() / "d.sock").string());
    {
        const FileDescriptor dead{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
        ASSERT_EQ(::bind(dead.get(), where.data(), static_cast<socklen_t>(where.bytes())), 0);
    }
    {
        Datagram heir = Datagram::bind(where);
        ASSERT_EQ(::unlink(where.path().c_str()), 0);
        const Datagram successor = Datagram::bind(where);
        heir.close();  // the file is another's by now
        EXPECT_TRUE(is_socket(where.path()));
    }
    const FileDescriptor listener = listen_on(where);
    EXPECT_EQ(error_of([&] { Datagram::bind(where); }), EADDRINUSE);  // a stream's, and alive
    ::unlink(where.path().c_str());
    const FileDescriptor file{::open(where.path().c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)};
    EXPECT_EQ(error_of([&] { Datagram::bind(where); }), EADDRINUSE);
    EXPECT_EQ(::access(where.path().c_str(), F_OK), 0);
}

GREENLET_TEST(Datagram, WaitsForRoomInTheQueueOfAnother) {
    const TemporaryFolder folder;
    Datagram server = Datagram::bind(Address::unix_path((folder.path() / "d.sock").string()));
    Datagram sender = Datagram::bind(Address::unix_path((folder.path() / "s.sock").string()));
    int sent = 0;
    const auto fill = [&](Timespan timeout) {
        for (;;) {
            sender.send_to("x", server.local(), timeout);
            ++sent;
        }
    };
    EXPECT_THROW(fill(0ms), SocketTimeout);
    EXPECT_THROW(fill(20ms), SocketTimeout);
    auto blocked = spawn([&] { sender.send_to("last", server.local(), 5s); });
    sleep();
    EXPECT_FALSE(blocked.dead());
    for (; sent > 0; --sent) EXPECT_EQ(receive_text(server), "x");
    EXPECT_EQ(receive_text(server), "last");
    blocked.join();
    EXPECT_TRUE(blocked.successful());
}

GREENLET_TEST(Datagram, RefusesAStreamSocket) {
    FileDescriptor fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    EXPECT_EQ(error_of([&] { Datagram{std::move(fd)}; }), EPROTOTYPE);
}

}  // namespace
}  // namespace grove
