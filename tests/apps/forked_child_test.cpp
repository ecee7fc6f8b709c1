// A process that a plugin forks, and that executes nothing, outlives the server (O-080).
#include <array>
#include <csignal>
#include <cstddef>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/address.h>
#include <grove/core/connect.h>
#include <grove/core/detail/listening_socket.h>

#include "greenlet_test.h"
#include "supervised.h"

namespace grove {
namespace {

using namespace std::chrono_literals;

class ForkedChild : public Supervised, public testing::WithParamInterface<const char*> {
protected:
    ~ForkedChild() override {
        for (const pid_t child : children_) ::kill(child, SIGKILL);
    }
    /// The body of an answer, whose connection does not end: the forked process has it too.
    static std::string answer_of(std::uint16_t port) {
        std::string text;
        const auto ask = [&] {
            Stream stream = connect(Address::ip("127.0.0.1", port), 30s);
            stream.sendall("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 30s);
            std::array<char, 4096> buffer;
            while (!text.ends_with(".\n")) {
                const std::size_t got = stream.recv(buffer, 30s);
                ASSERT_GT(got, 0U);
                text.append(buffer.data(), got);
            }
        };
        test::run_in_fresh_hub(ask, {});
        return body_of(text);
    }
    void note(const std::string& number) {
        children_.push_back(std::stoi(number));
        ASSERT_TRUE(alive(children_.back()));
    }

    std::vector<pid_t> children_;
};

TEST_P(ForkedChild, KeepsNoAddressOfTheServers) {
    const std::string accept = GetParam();
    auto server =
        serve(R"("accept": ")" + accept +
              R"(", "admin": "unix:admin", "apps": [{"app": "forker", "config": {"file":")" +
              file("forked") + R"("}}])");
    const std::uint16_t port = server->port;
    note(answer_of(port));
    std::string forked_by_the_factory;
    std::ifstream{file("forked")} >> forked_by_the_factory;
    note(forked_by_the_factory);
    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);
    for (const pid_t child : children_) EXPECT_TRUE(alive(child));
    EXPECT_NO_THROW(listen_on(Address::ip("127.0.0.1", port), {}));
}

INSTANTIATE_TEST_SUITE_P(Accept, ForkedChild, testing::Values("reuseport", "shared"),
                         [](const auto& parameter) { return std::string{parameter.param}; });

}  // namespace
}  // namespace grove
