// O-001, O-002: what the hub reports, when standard error has no reader or one that does not read.
#include <csignal>
#include <string>

#include <unistd.h>

#include <gtest/gtest.h>

#include <grove/core/hub.h>

#include "greenlet_test.h"
#include "pipe.h"

namespace grove {
namespace {

/// While it lives, this is standard error.
class StandardErrorIs {
public:
    explicit StandardErrorIs(int fd) { dup2(fd, STDERR_FILENO); }
    ~StandardErrorIs() { dup2(former_.get(), STDERR_FILENO); }
    StandardErrorIs(const StandardErrorIs&) = delete;
    StandardErrorIs& operator=(const StandardErrorIs&) = delete;

private:
    const FileDescriptor former_{dup(STDERR_FILENO)};
};

GREENLET_TEST(StandardError, TakesWhatTheHubReports) {
    const TestPipe pipe;
    const std::string context(10'000, 'a');
    {
        const StandardErrorIs redirected{pipe.writer.get()};
        get_hub().handle_error(context, nullptr);
    }
    EXPECT_EQ(read_what_is_there(pipe.reader.get()), "grove: " + context + "\n");
}

GREENLET_TEST(StandardError, DoesNotStopAHubWhenItIsFull) {
    const TestPipe pipe;
    fill(path_of(pipe.writer.get()));
    const StandardErrorIs redirected{pipe.writer.get()};
    get_hub().handle_error("lost", nullptr);
}

GREENLET_TEST(StandardError, EndsNoProcessWhenItsReaderHasGone) {
    TestPipe pipe;
    pipe.reader.reset();
    const StandardErrorIs redirected{pipe.writer.get()};
    get_hub().handle_error("lost", nullptr);  // SIGPIPE has its default here
}

}  // namespace
}  // namespace grove
