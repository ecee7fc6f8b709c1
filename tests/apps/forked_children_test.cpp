#include "forked_children.h"

#include <functional>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <grove/core/address.h>
#include <grove/core/detail/listening_socket.h>
#include <grove/core/file_descriptor.h>

namespace grove::http {
namespace {

bool holds_in_a_child(const std::function<bool()>& what) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(what() ? 0 : 1);
    int status = -1;
    ::waitpid(child, &status, 0);
    return status == 0;
}

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

TEST(ForkedChildren, CloseTheListenersAndNothingElse) {  // O-080
    FileDescriptor stays = listen_on(Address::ip("127.0.0.1", 0), {});
    FileDescriptor goes = listen_on(Address::ip("127.0.0.1", 0), {});
    const FileDescriptor other = listen_on(Address::ip("127.0.0.1", 0), {});
    const int first = stays.get();
    const int second = goes.get();
    EXPECT_TRUE(holds_in_a_child([&] { return is_open(first) && is_open(second); }));

    close_in_forked_children({{first}, {second}});
    goes.reset();
    const FileDescriptor reused{::fcntl(other.get(), F_DUPFD_CLOEXEC, second)};
    ASSERT_EQ(reused.get(), second);
    EXPECT_TRUE(holds_in_a_child(
        [&] { return !is_open(first) && is_open(second) && is_open(other.get()); }));
    EXPECT_TRUE(is_open(first)) << "here it is served";
    EXPECT_TRUE(holds_in_a_child([&] { return holds_in_a_child([&] { return !is_open(first); }); }))
        << "and in a child's child";
}

}  // namespace
}  // namespace grove::http
