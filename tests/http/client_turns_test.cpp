// A peer whose bytes are always there has neither the thread for itself nor longer than the request's time. What it has
// sent is put before the client reads, so that no read ever waits.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <sys/socket.h>

#include <gmock/gmock.h>

#include <grove/core/detail/socket.h>
#include <grove/core/greenlet.h>
#include <grove/http/client.h>

#include "asked.h"
#include "attempt.h"
#include "coded.h"
#include "connection_keeper.h"
#include "fake_clock.h"
#include "greenlet_test.h"
#include "pulled_answer.h"
#include "scripted_server.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::Attempt;
using http::Body;
using http::ClientError;
using http::PulledAnswer;
using ::testing::HasSubstr;

constexpr std::size_t kZeros = 4 << 20;
constexpr const char* kEndless = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const http::Asked kAsked{.method = "GET", .url = http::parse_url("http://host/")};

std::string repeated(const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
}

/// More of each than 64 calls receive.
std::string small_chunks() { return kEndless + repeated("1\r\nx\r\n", 200'000); }
std::string empty_members() {
    return "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" +
           repeated(coded("gzip", ""), 60'000);
}
/// Few bytes, which are received in few calls and become many.
std::string zeros() {
    return "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" +
           coded("gzip", std::string(kZeros, '\0'));
}

/// A connection over which `bytes` have come already, and which takes what is sent.
class Ready {
public:
    explicit Ready(std::string bytes) {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
            throw std::runtime_error{"socketpair"};
        peer_ = FileDescriptor{ends[1]};
        if (!bytes.empty()) ::shutdown(peer_.get(), SHUT_WR);  // they are all
        lease_ = keeper_->lease("a host", {});
        lease_.set(std::make_unique<http::OutgoingConnection>(
            Stream{std::make_unique<Socket>(FileDescriptor{ends[0]}), std::move(bytes)}));
    }

    PulledAnswer answer(Timespan total = {}) {
        const Deadline deadline{total};
        http::ReceivedHead head = attempt(deadline).receive_head();
        return {std::move(lease_),
                std::move(head),
                {.asked = kAsked,
                 .total = deadline,
                 .head_bytes = options_.head_bytes,
                 .decodes = true}};
    }
    Attempt attempt(const Deadline& total) {
        return {*lease_.connection(), options_, total, kAsked, ""};
    }

private:
    http::ClientOptions options_{};
    std::shared_ptr<http::ConnectionKeeper> keeper_ =
        std::make_shared<http::ConnectionKeeper>(1, 1, 1min);
    http::ConnectionKeeper::Lease lease_;
    FileDescriptor peer_;
};

/// How often another greenlet, which is always ready, has its turn while `call` runs.
template <class Call>
int turns_during(Call&& call) {
    int turns = 0;
    auto other = spawn([&] {
        for (;; ++turns) sleep();
    });
    call();
    const int had = turns;
    other.kill();
    return had;
}

int turns_while_read(const std::string& bytes) {
    Ready ready{bytes};
    return turns_during([&] {
        PulledAnswer answer = ready.answer();
        try {
            answer.read_all(std::string::npos);
        } catch (const ClientError&) {  // what was put there is at its end
        }
    });
}

/// At least so often in a read of so many bytes, of which a step takes 16 KiB at most.
int least_turns(std::size_t bytes) { return static_cast<int>(bytes / 16384 / 32); }

// C-016
GREENLET_TEST(ClientTurns, AreGivenToOthersWhileBytesAreAlwaysThere) {
    for (const std::string& bytes : {small_chunks(), empty_members()})
        EXPECT_GE(turns_while_read(bytes), least_turns(bytes.size()) - 1) << bytes.substr(0, 60);
}

// C-006
GREENLET_TEST(ClientTurns, AreGivenToOthersWhileFewBytesAreDecodedToMany) {
    EXPECT_GE(turns_while_read(zeros()), least_turns(kZeros) - 1);
}

// C-018: each piece is sent, and an answer is looked for, without a wait.
GREENLET_TEST(ClientTurns, AreGivenToOthersWhileThePeerTakesAll) {
    Ready ready{""};
    const Deadline never;
    Attempt attempt = ready.attempt(never);
    int pieces = 0;
    int most = 0;
    const int turns = turns_during([&] {
        int had = 0;
        auto other = spawn([&] {
            for (;; had = pieces) {
                most = std::max(most, pieces - had);
                sleep();
            }
        });
        Body::Content body{Body::Generator{[&]() -> std::optional<std::string> {
            if (++pieces > 150) return std::nullopt;
            return "x";
        }}};
        attempt.send("POST / HTTP/1.1\r\n\r\n", body);
        other.kill();
    });
    EXPECT_TRUE(attempt.sent_all());
    EXPECT_GE(turns, 150 / 32 - 1);
    EXPECT_LE(most, 33);
}

// C-006, C-016: time passes in the turns of another.
FAKE_CLOCK_TEST(ClientTurns, EndTheReadingOnceTheRequestsTimeHasPassed) {
    for (const std::string& bytes : {small_chunks(), empty_members(), zeros()}) {
        Ready ready{bytes};
        auto other = spawn([] {
            for (;; sleep()) compute(1s);
        });
        PulledAnswer answer = ready.answer(1s);
        const auto read = [&] { answer.read_all(std::string::npos); };
        EXPECT_THAT(text_of(read),
                    HasSubstr("GET http://host/: timed out within the answer's body"));
        EXPECT_EQ(kind_of(read), ClientError::Kind::kTimeout);
        other.kill();
    }
}

FAKE_CLOCK_TEST(ClientTurns, EndTheSendingOnceTheRequestsTimeHasPassed) {
    Ready ready{""};
    const Deadline total{3s};
    Attempt attempt = ready.attempt(total);
    int pieces = 0;
    Body::Content body{Body::Generator{[&]() -> std::optional<std::string> {
        compute(1s);
        if (++pieces > 100) return std::nullopt;
        return "x";
    }}};
    EXPECT_EQ(kind_of([&] { attempt.send("POST / HTTP/1.1\r\n\r\n", body); }),
              ClientError::Kind::kTimeout);
    EXPECT_EQ(pieces, 3);
}

FAKE_CLOCK_TEST(ClientTurns, DoNotAwaitAHeadForWhichThereIsNoTimeLeft) {
    Ready ready{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"};
    const Deadline total{1s};
    Attempt attempt = ready.attempt(total);
    compute(1s);
    EXPECT_EQ(kind_of([&] { attempt.receive_head(); }), ClientError::Kind::kTimeout);
}

}  // namespace
}  // namespace grove::test
