// The master, whose standard error has no reader, or one that does not read: it serves every signal all the same.
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <grove/core/file_descriptor.h>

#include "pipe.h"
#include "supervised.h"

namespace grove {
namespace {

using std::chrono::steady_clock;
using testing::EndsWith;
using testing::HasSubstr;
using namespace std::chrono_literals;

// Far beyond the second that it may take, as tests run on busy machines; what waits for a reader waits for ever.
constexpr auto kBound = 10s;

bool errors_eventually(const std::function<bool()>& condition) {
    const auto end = steady_clock::now() + kBound;
    while (!condition()) {
        if (steady_clock::now() > end) return false;
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
    return found;
}

bool has_worker(const RunningProgram& program) {
    const std::string pid = std::to_string(program.pid());
    std::ifstream children{"/proc/" + pid + "/task/" + pid + "/children"};
    return children.get() != std::ifstream::traits_type::eof();
}

class StandardError : public Supervised {
protected:
    // Its processes change as they should, and it answers.
    static void expect_it_serves_signals(const Serving& server) {
        std::vector<pid_t> before = server.workers();
        ASSERT_EQ(before.size(), 2U);
        server.program.send_signal(SIGHUP);
        EXPECT_TRUE(errors_eventually([&] {
            const std::vector<pid_t> now = server.workers();
            return now.size() == 2 && now[0] != before[0] && now[0] != before[1];
        })) << "after HUP";
        before = server.workers();
        ASSERT_EQ(before.size(), 2U);
        ::kill(before[0], SIGKILL);
        EXPECT_TRUE(errors_eventually([&] {
            const std::vector<pid_t> now = server.workers();
            return now.size() == 2 && now[1] != before[1];
        })) << "after the death of a worker";
        EXPECT_THAT(server.get("/"), EndsWith("Hello, World!"));
    }
    // @return how it ended
    static int stop(Serving& server, int signal) {
        const auto begin = steady_clock::now();
        server.program.send_signal(signal);
        const int status = server.program.wait();
        EXPECT_LT(steady_clock::now() - begin, kBound);
        return status;
    }
    static std::string path_of_errors(const Serving& server) {
        return "/proc/" + std::to_string(server.program.pid()) + "/fd/2";
    }
    std::string content(const char* name) const {
        std::ifstream stream{file(name), std::ios::binary};
        return {std::istreambuf_iterator<char>{stream}, {}};
    }
};

// O-001
TEST_F(StandardError, MayLoseItsReader) {
    const auto server = serve(kTwoHellos);
    server->program.close_errors();

    expect_it_serves_signals(*server);
    EXPECT_EQ(stop(*server, SIGTERM), 0);
}

// O-001
TEST_F(StandardError, HasItsLossesToldInTheErrorLogIfThatIsElsewhere) {
    log_ = "error.log";
    const auto server = serve(kHello);
    server->program.close_errors();
    std::ofstream{file("grove.json")}
        << R"({"listen": ["127.0.0.1:0", "unix:second.sock"], "log": {"access": "off", "error": "error.log"}, )"
        << kHello << "}";

    server->program.send_signal(SIGHUP);

    EXPECT_TRUE(errors_eventually([&] {
        return count(content("error.log"), "standard error: 1 line lost: Broken pipe\n") == 1;
    })) << content("error.log");
    EXPECT_EQ(stop(*server, SIGTERM), 0);
}

// O-002
TEST_F(StandardError, MayBeAFullPipeThatNobodyReads) {
    for (const int signal : {SIGTERM, SIGQUIT}) {
        const auto server = serve(kTwoHellos);
        fill(path_of_errors(*server));

        expect_it_serves_signals(*server);
        EXPECT_EQ(stop(*server, signal), 0) << signal;
    }
}

// O-002
TEST_F(StandardError, HasItsLinesInOrderAndOnceWhenAFullPipeIsReadAgain) {
    const auto server = serve(kTwoHellos);
    fill(path_of_errors(*server));
    expect_it_serves_signals(*server);
    server->program.send_signal(SIGHUP);

    const std::string master = "[" + std::to_string(server->program.pid()) + "] ";
    line_with(*server, master + "reload: building the new configuration");
    line_with(*server, master + "reload: the new workers serve");
    line_with(*server, master + "worker ");
    line_with(*server, master + "reload: building the new configuration");
    line_with(*server, master + "reload: the new workers serve");
    EXPECT_EQ(stop(*server, SIGTERM), 0);
}

// O-002
TEST_F(StandardError, HasTheLossOfItsLinesToldWhenAFullPipeIsReadAgain) {
    const auto server = serve(R"("admin": "127.0.0.1:0", "apps": [{"app": "hello"}])");
    const std::string admin = line_with(*server, "grove: admin on ");
    const auto port = static_cast<std::uint16_t>(std::stoul(admin.substr(admin.rfind(':') + 1)));
    fill(path_of_errors(*server));
    std::string proxies = "\"nobody\"";  // a line each, more than the master keeps
    for (int i = 0; i < 3000; ++i) proxies += ", \"nobody\"";
    configuration("\"trusted_proxies\": [" + proxies + "], " + kHello);
    server->program.send_signal(SIGHUP);
    EXPECT_TRUE(errors_eventually([&] {
        const PlainClient client{port};
        client.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        return count(client.read_to_end(), "grove_config_last_reload_successful 0") == 1;
    }));
    // And it has said why: it looks at the death of a worker afterwards.
    const pid_t worker = server->workers().at(0);
    ::kill(worker, SIGKILL);
    EXPECT_TRUE(errors_eventually([&] {
        const std::vector<pid_t> now = server->workers();
        return now.size() == 1 && now[0] != worker;
    }));

    line_with(*server, "reload: nothing is changed");
    const std::string line = line_with(*server, "standard error: ");
    EXPECT_THAT(line, HasSubstr(" lines lost: they come faster than they can be written"));
    configuration(kHello);
    reload(*server);
}

// O-002
TEST_F(StandardError, MayBeFullFromTheStartOfAServerOrOfOneThatCannotStart) {
    const TestPipe pipe;
    fill(path_of(pipe.writer.get()));
    const int flags = fcntl(pipe.writer.get(), F_GETFL);
    log_ = "error.log";
    {
        RunningProgram program{serve_command({configuration(kHello)}), file("output"),
                               pipe.writer.get()};
        EXPECT_TRUE(errors_eventually([&] { return has_worker(program); }));
        program.send_signal(SIGTERM);
        EXPECT_EQ(program.wait(), 0);
    }
    for (const char* members : {"\"workers\": 0", R"("apps": [{"app": "nosuch"}])"}) {
        RunningProgram program{serve_command({configuration(members)}), file("output"),
                               pipe.writer.get()};
        EXPECT_EQ(program.wait(), 2) << members;
    }
    EXPECT_EQ(fcntl(pipe.writer.get(), F_GETFL), flags);  // others share them
}

// O-002: ^S, and nobody comes back.
TEST_F(StandardError, MayBeATerminalThatIsStopped) {
    const FileDescriptor master{posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    grantpt(master.get());
    unlockpt(master.get());
    const FileDescriptor slave{open(ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC)};
    ASSERT_EQ(tcflow(slave.get(), TCOOFF), 0);
    RunningProgram program{serve_command({configuration(kHello)}), file("output"), slave.get()};
    EXPECT_TRUE(errors_eventually([&] { return has_worker(program); }));

    program.send_signal(SIGTERM);

    EXPECT_EQ(program.wait(), 0);
    EXPECT_EQ(fcntl(slave.get(), F_GETFL) & O_NONBLOCK, 0);
}

// O-002: as a service manager's journal is.
TEST_F(StandardError, MayBeASocketThatNobodyReads) {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    const FileDescriptor reader{ends[0]};
    const FileDescriptor writer{ends[1]};
    RunningProgram program{serve_command({configuration(kHello)}), file("output"), writer.get()};
    std::string said;
    EXPECT_TRUE(errors_eventually([&] {
        said += read_what_is_there(reader.get());
        return count(said, "grove: listening on ") == 1;
    }));
    const std::string page(4096, 'x');
    while (send(writer.get(), page.data(), page.size(), MSG_DONTWAIT) > 0) {
    }

    program.send_signal(SIGTERM);

    EXPECT_EQ(program.wait(), 0);
    EXPECT_EQ(fcntl(writer.get(), F_GETFL) & O_NONBLOCK, 0);
}

}  // namespace
}  // namespace grove
