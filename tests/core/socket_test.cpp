// What a socket and its loop know of each other, and when.
#include <grove/core/detail/socket.h>

#include <array>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <grove/core/fd_wait.h>
#include <grove/core/greenlet.h>

#include "fake_clock.h"
#include "greenlet_test.h"

namespace grove {
namespace {

using namespace std::chrono_literals;

struct Ends {
    FileDescriptor ours;
    FileDescriptor peers;
    Ends() {
        std::array<int, 2> fds{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()),
                  0);
        ours.reset(fds[0]);
        peers.reset(fds[1]);
    }
    void say(std::string_view text) const {
        EXPECT_EQ(::write(peers.get(), text.data(), text.size()),
                  static_cast<ssize_t>(text.size()));
    }
};

std::string recv_of_socket(Socket& socket, Timespan timeout = 5s) {
    std::array<char, 100> buffer;
    return {buffer.data(), socket.recv(buffer, timeout)};
}

struct CountingHook final : SocketHook {
    void on_readable() noexcept override { ++readable; }
    void on_writable() noexcept override {}
    int readable = 0;
};

FAKE_CLOCK_TEST(Socket, IsUnknownToTheLoopUntilSomebodyWaits) {
    Ends ends;
    Socket socket{std::move(ends.ours)};
    const std::size_t before = test::descriptors_added();

    ends.say("there");
    EXPECT_EQ(recv_of_socket(socket), "there");
    socket.sendall("answer");
    EXPECT_EQ(test::descriptors_added(), before);

    auto reader = spawn([&] {
        const std::string first = recv_of_socket(socket, {});
        return first + recv_of_socket(socket, {});
    });
    sleep();
    ends.say("la");
    sleep(1ms);
    ends.say("ter");
    EXPECT_EQ(reader.get(), "later");
    EXPECT_EQ(test::descriptors_added(), before + 1);
}

GREENLET_TEST(Socket, IsDrainedOnlyUntilTheLoopIsPolledUnlessTheLoopTellsOfIt) {
    Ends ends;
    Socket socket{std::move(ends.ours)};
    EXPECT_FALSE(socket.drained()) << "nobody has looked";
    ends.say("short");
    EXPECT_EQ(recv_of_socket(socket), "short");
    EXPECT_TRUE(socket.drained());

    sleep(1ms);
    EXPECT_FALSE(socket.drained()) << "something may have come, and nothing would have told";
    std::array<char, 10> buffer;
    EXPECT_EQ(socket.try_recv(buffer), -EAGAIN);
    EXPECT_TRUE(socket.drained());

    CountingHook hook;
    socket.set_hook(&hook);
    socket.watch();
    sleep(1ms);
    EXPECT_TRUE(socket.drained());
    ends.say("more");
    sleep(1ms);
    EXPECT_FALSE(socket.drained());
    EXPECT_EQ(hook.readable, 1);
    socket.set_hook(nullptr);
}

GREENLET_TEST(Socket, TellsItsHookOfWhatCameBeforeItWasWatched) {
    Ends ends;
    Socket socket{std::move(ends.ours)};
    CountingHook hook;
    socket.set_hook(&hook);
    ends.say("early");
    sleep(1ms);
    EXPECT_EQ(hook.readable, 0);

    socket.watch();
    sleep(1ms);
    EXPECT_EQ(hook.readable, 1);
    EXPECT_EQ(recv_of_socket(socket), "early");
    socket.set_hook(nullptr);
}

GREENLET_TEST(Socket, HearsNothingOfTheOneThatHadItsNumberBefore) {
    Ends first;
    const int number = first.ours.get();
    auto socket = std::make_unique<Socket>(std::move(first.ours));
    socket->watch();
    // As a forked child's would, it keeps the kernel from forgetting the first.
    const FileDescriptor duplicate{::fcntl(number, F_DUPFD_CLOEXEC, 100)};
    socket.reset();

    Ends second;
    ASSERT_EQ(second.ours.get(), number) << "the lowest number that is free";
    Socket successor{std::move(second.ours)};
    CountingHook hook;
    successor.set_hook(&hook);
    successor.watch();
    first.say("to the first");
    sleep(1ms);
    EXPECT_EQ(hook.readable, 0);

    second.say("to the second");
    sleep(1ms);
    EXPECT_EQ(hook.readable, 1);
    successor.set_hook(nullptr);
}

GREENLET_TEST(Socket, IsWaitedForBesideAWaitForItsDescriptor) {
    for (const bool socket_first : {false, true}) {
        SCOPED_TRACE(socket_first);
        Ends ends;
        Socket socket{std::move(ends.ours)};
        std::string got;
        Greenlet<void> reader;
        if (socket_first) reader = spawn([&] { got = recv_of_socket(socket); });
        sleep();
        auto waiter = spawn([&] { return wait_readable(socket.fd(), 5s); });
        sleep();
        if (!socket_first) reader = spawn([&] { got = recv_of_socket(socket); });
        sleep();

        ends.say("for both");
        EXPECT_TRUE(waiter.get());
        reader.get();
        EXPECT_EQ(got, "for both");
    }
}

GREENLET_TEST(Socket, CannotBeWaitedForWhereTheLoopRefusesIt) {
    Socket file{FileDescriptor{::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)}};
    file.expect_event();
    try {
        file.wait_readable(5s);
        FAIL() << "epoll takes no plain file";
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code().value(), EPERM);
    }
    EXPECT_THROW(file.watch(), std::system_error);
    EXPECT_TRUE(file.release()) << "it is left as it was";
}

}  // namespace
}  // namespace grove
