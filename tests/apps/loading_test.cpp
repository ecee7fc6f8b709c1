// What a master hears of the child that reads a configuration. O-005
#include "loading.h"

#include <cerrno>
#include <string>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child_process.h"
#include "pipe.h"

namespace grove::http {
namespace {

// Fewer than a channel holds: who sends them waits for nobody.
constexpr int kManyMessages = 150;

void send_many(int channel) {
    for (int i = 1; i <= kManyMessages; ++i) {
        const std::string message = "d" + std::to_string(i);  // what it does
        if (::send(channel, message.data(), message.size(), MSG_NOSIGNAL) < 0) ::_exit(1);
    }
}

TEST(LoadingChild, ThatSaysMuchIsHeardInTurns) {
    TestPipe sent;
    ChildProcess process{[&](FileDescriptor channel, SignalInbox&) -> int {
        send_many(channel.get());
        if (::write(sent.writer.get(), "x", 1) != 1) ::_exit(1);
        for (;;) ::pause();
    }};
    sent.writer.reset();
    char byte = 0;
    ASSERT_EQ(::read(sent.reader.get(), &byte, 1), 1);

    LoadingChild child;
    child.listen(process);
    EXPECT_GE(std::stoi(child.doing()), 1);
    EXPECT_LT(std::stoi(child.doing()), kManyMessages);
    for (int turn = 1; turn < kManyMessages; ++turn) child.listen(process);
    EXPECT_EQ(child.doing(), std::to_string(kManyMessages));
}

TEST(LoadingChild, ThatHasEndedIsHeardToItsEnd) {
    ChildProcess process{[&](FileDescriptor channel, SignalInbox&) -> int {
        send_many(channel.get());
        ::_exit(0);
    }};
    int status = -1;
    while (::waitpid(process.pid(), &status, 0) < 0 && errno == EINTR) {
    }
    ASSERT_EQ(status, 0);
    process.gone();

    LoadingChild child;
    child.listen(process);
    EXPECT_EQ(child.doing(), std::to_string(kManyMessages));
    EXPECT_EQ(process.channel(), -1);
}

}  // namespace
}  // namespace grove::http
