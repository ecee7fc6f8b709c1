// slowhttptest in its four modes, against a server that keeps answering others.
#include <chrono>
#include <filesystem>
#include <future>
#include <string>
#include <thread>

#include <gmock/gmock.h>

#include "client_test.h"

namespace grove {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using namespace std::chrono_literals;

class Slowhttptest : public ClientTest {
protected:
    Slowhttptest() : ClientTest{"slowhttptest"} { write("site/big", std::string(16'000'000, 'b')); }

    /// Forty slow clients, until the server has got rid of all of them.
    void attack(const std::string& arguments) {
        // A worker that has answered has opened all that it will.
        ASSERT_THAT(server_->get("/"), EndsWith("\r\n\r\nHello, World!"));
        const std::size_t before = descriptors();
        auto slow = std::async(std::launch::async, [&] {
            return shell("slowhttptest -c 40 -r 200 -i 1 -l 60 -p 10 -v 1 " + arguments);
        });
        int answered = 0;
        do {
            ASSERT_THAT(server_->get("/"), EndsWith("\r\n\r\nHello, World!"));
            ++answered;
        } while (slow.wait_for(50ms) != std::future_status::ready);

        EXPECT_THAT(slow.get().output, HasSubstr("No open connections left"));
        EXPECT_GT(answered, 1);
        for (int tries = 0; descriptors() != before; ++tries) {
            ASSERT_LT(tries, 400) << "connections are left: " << descriptors() - before;
            std::this_thread::sleep_for(50ms);
        }
        stop();
    }

private:
    std::size_t descriptors() const {
        const std::string folder = "/proc/" + std::to_string(server_->workers().front()) + "/fd";
        const std::filesystem::directory_iterator first{folder};
        return static_cast<std::size_t>(std::distance(begin(first), end(first)));
    }
};

TEST_F(Slowhttptest, WithSlowHeadsTakesNoSlot) {  // S-052, S-134
    serve(R"("pool": 2, "timeouts": {"header": 2}, )");
    attack("-H -u " + url("/"));
}

TEST_F(Slowhttptest, WithSlowBodiesIsCut) {  // S-088
    serve(R"("pool": 100, "timeouts": {"body": 2}, )");
    attack("-B -u " + url("/upload"));
}

TEST_F(Slowhttptest, WithHundredsOfRangesIsAnswered) {
    serve(R"("pool": 100, "timeouts": {"idle": 2}, )");
    attack("-R -t GET -u " + url("/files/big"));
}

// A cut that left the rest to the kernel would go on for hours.
TEST_F(Slowhttptest, WithSlowReadsIsReset) {
    serve(R"("pool": 100, "timeouts": {"request": 3}, )");
    attack("-X -n 1 -w 256 -y 512 -z 1024 -u " + url("/files/big"));
}

}  // namespace
}  // namespace grove
