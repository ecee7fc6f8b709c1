#include <grove/core/fd_wait.h>

#include <array>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include <grove/core/file_descriptor.h>
#include <grove/core/greenlet.h>

#include "greenlet_test.h"

namespace grove {
namespace {

using namespace std::chrono_literals;

struct Pipe {
    FileDescriptor out;
    FileDescriptor in;
    Pipe() {
        std::array<int, 2> fds{};
        EXPECT_EQ(::pipe2(fds.data(), O_NONBLOCK | O_CLOEXEC), 0);
        out.reset(fds[0]);
        in.reset(fds[1]);
    }
    void write() const { EXPECT_EQ(::write(in.get(), "x", 1), 1); }
};

GREENLET_TEST(FdWait, EndsWhenTheDescriptorIsReadyOrTheTimeIsOver) {
    const Pipe pipe;
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
    const Pipe pipe;
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

}  // namespace
}  // namespace grove
