#include <grove/core/fd_wait.h>

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include <grove/core/errors.h>
#include <grove/core/file_descriptor.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/core/timeout.h>
#include <grove/core/wait.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "stream_pair.h"

namespace grove {
namespace {

using namespace std::chrono_literals;

struct TestPipe {
    FileDescriptor out;
    FileDescriptor in;
    TestPipe() {
        std::array<int, 2> fds{};
        EXPECT_EQ(::pipe2(fds.data(), O_NONBLOCK | O_CLOEXEC), 0);
        out.reset(fds[0]);
        in.reset(fds[1]);
    }
    void write() const { EXPECT_EQ(::write(in.get(), "x", 1), 1); }
    void read() const {
        char byte = 0;
        EXPECT_EQ(::read(out.get(), &byte, 1), 1);
    }
};

GREENLET_TEST(FdWait, EndsWhenTheDescriptorIsReadyOrTheTimeIsOver) {
    const TestPipe pipe;
    EXPECT_FALSE(wait_readable(pipe.out.get(), 1ms));
    EXPECT_TRUE(wait_writable(pipe.in.get(), 5s));
    auto first = spawn([&] { return wait_readable(pipe.out.get()); });
    auto second = spawn([&] { return wait_readable(pipe.out.get()); });
    sleep();
    pipe.write();
    EXPECT_TRUE(first.get());
    EXPECT_TRUE(second.get());
    EXPECT_TRUE(wait_readable(pipe.out.get(), 0ms));
}

GREENLET_TEST(FdWait, IsKilledAndLeavesTheDescriptorAlone) {
    const TestPipe pipe;
    auto victim = spawn([&] { wait_readable(pipe.out.get()); });
    sleep();
    victim.kill();
    EXPECT_TRUE(victim.successful());
    pipe.write();
    EXPECT_TRUE(wait_readable(pipe.out.get(), 5s));
}

GREENLET_TEST(FdWait, SaysThatAPlainFileIsReadyAndAClosedOneIsNone) {
    const FileDescriptor file{::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};
    EXPECT_TRUE(wait_readable(file.get(), 1s));
    EXPECT_THROW(wait_readable(-1), std::system_error);
}

void expect_closed(const std::function<void()>& call) {
    try {
        call();
        ADD_FAILURE() << "was not refused";
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), std::errc::bad_file_descriptor);
    }
}

TEST(Ready, IsASetOfTwo) {  // C-013
    EXPECT_EQ(Ready::kRead | Ready::kWrite, Ready::kBoth);
    EXPECT_EQ(Ready::kRead | Ready::kNone, Ready::kRead);
    EXPECT_EQ(Ready::kBoth & Ready::kWrite, Ready::kWrite);
    EXPECT_EQ(Ready::kRead & Ready::kWrite, Ready::kNone);
}

// C-013
GREENLET_TEST(WaitFd, TellsWhatIsReadyAndOnlyOfWhatWasAsked) {
    auto [client, server] = test::unix_pair();
    const auto look = [fd = client.fd()](Ready interest) { return wait_fd(fd, interest, 0ms); };
    EXPECT_EQ(look(Ready::kRead), Ready::kNone);
    EXPECT_EQ(look(Ready::kBoth), Ready::kWrite);
    EXPECT_EQ(wait_fd(client.fd(), Ready::kWrite), Ready::kWrite);
    server.sendall("x");
    EXPECT_EQ(look(Ready::kRead), Ready::kRead);
    EXPECT_EQ(look(Ready::kWrite), Ready::kWrite);
    EXPECT_EQ(look(Ready::kBoth), Ready::kBoth);
    server.close();
    EXPECT_EQ(look(Ready::kRead), Ready::kRead);
    EXPECT_EQ(look(Ready::kBoth), Ready::kBoth);

    const FileDescriptor file{::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};
    EXPECT_EQ(wait_fd(file.get(), Ready::kBoth), Ready::kBoth);
    EXPECT_THROW(wait_fd(file.get(), Ready::kNone, 0ms), std::invalid_argument);
    expect_closed([] { wait_fd(-1, Ready::kRead, 0ms); });
    expect_closed([] { wait_fd(1'000'000, Ready::kRead); });
}

// C-013
GREENLET_TEST(WaitFd, CountsAHangUpAndAResetAsAllThatWasAsked) {
    TestPipe pipe;
    auto waits = spawn([&] { return wait_fd(pipe.out.get(), Ready::kRead, 5s); });
    sleep();
    pipe.in.reset();
    EXPECT_EQ(waits.get(), Ready::kRead);

    auto [client, server] = test::tcp_pair();
    auto reads = spawn([fd = client.fd()] { return wait_fd(fd, Ready::kRead, 5s); });
    sleep();
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ASSERT_EQ(::setsockopt(server.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    server.close();
    EXPECT_EQ(reads.get(), Ready::kRead);
    EXPECT_EQ(wait_fd(client.fd(), Ready::kBoth, 0ms), Ready::kBoth);
}

// C-013
FAKE_CLOCK_TEST(WaitFd, EndsAtItsTimeAndOnlyLooksIfItHasNone) {
    const TestPipe pipe;
    const auto began = test::now();
    EXPECT_EQ(wait_fd(pipe.out.get(), Ready::kRead, 10ms), Ready::kNone);
    EXPECT_EQ(test::now() - began, 10ms);
    bool ran = false;
    auto other = spawn([&] { ran = true; });
    EXPECT_EQ(wait_fd(pipe.out.get(), Ready::kRead, 0ms), Ready::kNone);
    EXPECT_EQ(wait_fd(pipe.out.get(), Ready::kRead, -1s), Ready::kNone);
    EXPECT_FALSE(ran);
    EXPECT_FALSE(wait_readable(pipe.out.get(), 0ms));
    EXPECT_TRUE(ran) << "that one gives others their turn, as it always has";
    const TimeoutGuard guard{10ms};
    EXPECT_THROW(wait_fd(pipe.out.get(), Ready::kRead), Timeout);
}

// C-013
GREENLET_TEST(WaitFd, GoesOnIfAnotherTookWhatTheEventToldOf) {
    const TestPipe pipe;
    int served = 0;
    const auto take = [&] {
        EXPECT_EQ(wait_fd(pipe.out.get(), Ready::kRead, 5s), Ready::kRead);
        pipe.read();
        ++served;
    };
    auto first = spawn(take);
    auto second = spawn(take);
    sleep();
    pipe.write();
    EXPECT_EQ(iwait({first, second}, 5s, 1).next().has_value(), true);
    EXPECT_EQ(served, 1);
    pipe.write();
    joinall({first, second});
    EXPECT_EQ(served, 2);
}

// C-013
GREENLET_TEST(WaitFd, IsKilledWhileItWaitsAndNotOnceItWasWoken) {
    const TestPipe pipe;
    auto victim = spawn([&] { wait_fd(pipe.out.get(), Ready::kRead); });
    sleep();
    victim.kill();
    EXPECT_TRUE(victim.successful());
    EXPECT_FALSE(victim.returned());

    int found = 0;
    int went_on = 0;
    std::array<Greenlet<void>, 2> both;
    const auto find = [&](std::size_t other) {
        if (wait_fd(pipe.out.get(), Ready::kRead, 5s) == Ready::kRead) ++found;
        both.at(other).kill(GreenletExit{}, false);
        sleep(5s);
        ++went_on;
    };
    both[0] = spawn(find, 1);
    both[1] = spawn(find, 0);
    sleep();
    pipe.write();  // one event of the loop wakes both; the first to run kills the second
    joinall(both);
    EXPECT_EQ(found, 2);
    EXPECT_EQ(went_on, 0);
}

// C-013
GREENLET_TEST(WaitFd, MayLookInTheHubAndNotBlockThere) {
    const TestPipe pipe;
    std::optional<Ready> seen;
    bool refused = false;
    HubCall call{get_hub(), [&] {
                     seen = wait_fd(pipe.out.get(), Ready::kRead, 0ms);
                     try {
                         wait_fd(pipe.out.get(), Ready::kRead);
                     } catch (const BlockingInHub&) {
                         refused = true;
                     }
                 }};
    call.schedule();
    sleep();
    EXPECT_EQ(seen, Ready::kNone);
    EXPECT_TRUE(refused);
}

// C-013
FAKE_CLOCK_TEST(FdWaiter, TellsTheLoopOnceForAnyNumberOfWaits) {
    auto [client, server] = test::unix_pair();
    const std::size_t before = test::descriptors_added();
    FdWaiter waiter{client.fd()};
    for (int i = 0; i < 100; ++i) {
        std::array<char, 8> bytes;
        auto peer = spawn([&to = server] { EXPECT_EQ(::write(to.fd(), "x", 1), 1); });
        EXPECT_EQ(waiter.wait(Ready::kRead, 5s), Ready::kRead);
        EXPECT_EQ(waiter.wait(Ready::kBoth, 5s), Ready::kBoth) << "nothing has changed since";
        EXPECT_EQ(::read(client.fd(), bytes.data(), bytes.size()), 1);
        EXPECT_EQ(waiter.wait(Ready::kRead, 0ms), Ready::kNone);
        peer.join();
    }
    EXPECT_EQ(test::descriptors_added() - before, 1U);
    const auto began = test::now();
    EXPECT_EQ(waiter.wait(Ready::kRead, 10ms), Ready::kNone);
    EXPECT_EQ(test::now() - began, 10ms);
}

// C-013
GREENLET_TEST(FdWaiter, ServesAReaderAndAWriterAndNoSecondOfEither) {
    auto [client, server] = test::unix_pair();
    const std::string page(4096, 'x');
    while (::write(client.fd(), page.data(), page.size()) > 0) {
    }
    FdWaiter waiter{client.fd()};
    const auto waits = [&](Ready interest) { return waiter.wait(interest, 5s); };
    auto reader = spawn(waits, Ready::kRead);
    auto writer = spawn(waits, Ready::kWrite);
    sleep();
    for (const Ready taken : {Ready::kRead, Ready::kWrite, Ready::kBoth})
        EXPECT_THROW(waiter.wait(taken), std::logic_error);
    EXPECT_EQ(waiter.wait(Ready::kBoth, 0ms), Ready::kNone) << "a look takes nobody's place";

    EXPECT_EQ(::write(server.fd(), "x", 1), 1);
    EXPECT_EQ(reader.get(), Ready::kRead);
    EXPECT_FALSE(writer.dead());
    std::array<char, 65536> room;
    while (::read(server.fd(), room.data(), room.size()) > 0) {
    }
    EXPECT_EQ(writer.get(), Ready::kWrite);
    EXPECT_EQ(waiter.wait(Ready::kBoth, 5s), Ready::kBoth);
}

// C-013
GREENLET_TEST(FdWaiter, FreesItsPlaceWhenItsGreenletIsKilledOrOutOfTime) {
    const TestPipe pipe;
    FdWaiter waiter{pipe.out.get()};
    auto victim = spawn([&] { waiter.wait(Ready::kBoth); });
    sleep();
    victim.kill();
    EXPECT_TRUE(victim.successful());
    EXPECT_EQ(waiter.wait(Ready::kRead, 1ms), Ready::kNone);
    auto next = spawn([&] { return waiter.wait(Ready::kRead, 5s); });
    sleep();
    pipe.write();
    EXPECT_EQ(next.get(), Ready::kRead);
}

// C-013
GREENLET_TEST(FdWaiter, ForgetsSoThatTheOwnerMayCloseAndTheNumberBeUsedAnew) {
    test::ignore_reports();
    const TestPipe pipe;
    auto [client, server] = test::unix_pair();
    FdWaiter waiter{client.fd()};
    waiter.forget();  // it knows nothing yet
    const int number = client.fd();
    auto waits = spawn([&] { waiter.wait(Ready::kRead); });
    sleep();
    waiter.forget();
    expect_closed([&] { waits.get(); });
    client.close();
    std::array<char, 1> byte;
    EXPECT_EQ(server.recv(byte, 5s), 0U) << "the last copy is closed";
    expect_closed([&] { waiter.wait(Ready::kRead, 0ms); });

    const FileDescriptor again{::dup3(pipe.out.get(), number, O_CLOEXEC)};
    auto anew = spawn([&] { return waiter.wait(Ready::kRead, 5s); });
    sleep();
    pipe.write();
    EXPECT_EQ(anew.get(), Ready::kRead);
}

// C-013
GREENLET_TEST(FdWaiter, TellsOfAForgetEvenAWaiterThatAnEventHadWoken) {
    test::ignore_reports();
    const TestPipe pipe;
    FdWaiter waiter{pipe.out.get()};
    auto waits = spawn([&] { waiter.wait(Ready::kRead); });
    sleep();
    pipe.write();
    get_hub().run_threadsafe([&] { waiter.forget(); });  // after the events of the same poll
    expect_closed([&] { waits.get(); });
}

// C-013
GREENLET_TEST(FdWaiter, HasRoomForAWaitAtOnceAfterAForget) {
    test::ignore_reports();
    const TestPipe pipe;
    FdWaiter waiter{pipe.out.get()};
    auto waits = spawn([&] { waiter.wait(Ready::kRead); });
    sleep();
    waiter.forget();
    auto writer = spawn([&] { pipe.write(); });
    EXPECT_EQ(waiter.wait(Ready::kRead, 5s), Ready::kRead) << "the one before has yet to run";
    expect_closed([&] { waits.get(); });
    writer.join();
}

// C-013
// C-061: an event that nobody waited for, or the peer's end, is not waited for again.
GREENLET_TEST(FdWaiter, WaitsForNoAnswerThatHasComeAlready) {
    test::StreamPair pair = test::unix_pair();
    FdWaiter waiter{pair.client.fd()};
    std::array<char, 8> bytes{};
    const auto answer = [&] { return waiter.wait_answer(Ready::kRead, 5s); };
    auto first = spawn(answer);
    sleep();
    pair.server.sendall("a");
    EXPECT_EQ(first.get(), Ready::kRead);
    EXPECT_EQ(pair.client.try_recv(bytes), 1U);

    pair.server.sendall("b");
    sleep(1ms);  // the loop is polled, and nobody waits
    EXPECT_EQ(answer(), Ready::kRead);
    EXPECT_EQ(pair.client.try_recv(bytes), 1U);

    auto last = spawn(answer);
    sleep();
    pair.server.sendall("c");
    pair.server.close();  // one event tells of both
    EXPECT_EQ(last.get(), Ready::kRead);
    EXPECT_EQ(pair.client.try_recv(std::span{bytes}.first(1)), 1U);
    EXPECT_EQ(answer(), Ready::kRead);
    EXPECT_EQ(pair.client.try_recv(bytes), 0U);
}

FAKE_CLOCK_TEST(FdWaiter, WaitsForAnAnswerUntilItsTimeAKillOrAForget) {
    test::StreamPair pair = test::unix_pair();
    FdWaiter waiter{pair.client.fd()};
    const auto began = test::now();
    EXPECT_EQ(waiter.wait_answer(Ready::kRead, 5s), Ready::kNone);
    EXPECT_EQ(test::now() - began, 5s);
    EXPECT_EQ(waiter.wait_answer(Ready::kRead, 0s), Ready::kNone);

    auto victim = spawn([&] { waiter.wait_answer(Ready::kRead); });
    sleep();
    victim.kill();
    EXPECT_TRUE(victim.successful());
    auto told = spawn([&] { waiter.wait_answer(Ready::kRead); });
    sleep();
    waiter.forget();
    EXPECT_THROW(told.get(), std::system_error);
}

GREENLET_TEST(FdWaiter, BelongsToItsThread) {
    const TestPipe pipe;
    FdWaiter waiter{pipe.out.get()};
    std::thread{[&] {
        EXPECT_THROW(waiter.wait(Ready::kRead, 0ms), std::logic_error);
        EXPECT_THROW(waiter.forget(), std::logic_error);
    }}.join();
    EXPECT_EQ(waiter.wait(Ready::kRead, 0ms), Ready::kNone);
}

// C-013
TEST(FdWaiterDeathTest, IsNotDestroyedUnderItsWaiters) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_DEATH(
        {
            const TestPipe pipe;
            std::optional<FdWaiter> waiter{pipe.out.get()};
            auto waits = spawn([&] { waiter->wait(Ready::kRead); });
            sleep();
            waiter.reset();
        },
        "an FdWaiter was destroyed under its waiters");
}

}  // namespace
}  // namespace grove
