// The memory that a master and its workers share: sums over all that are and were.
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <grove/core/greenlet.h>
#include <grove/core/signal_inbox.h>

#include "greenlet_test.h"
#include "scoreboard.h"
#include "watched.h"
#include "worker.h"

namespace grove::http {
namespace {

using namespace std::chrono_literals;

TEST(Scoreboard, SumsOverAllPlaces) {
    Scoreboard board;
    const Scoreboard::Place first = board.take();
    const Scoreboard::Place second = board.take();

    first.metrics().count_request(200);
    second.metrics().count_request(200);
    second.metrics().count_request(404);
    first.metrics().count_duration(1ms);
    second.metrics().count_duration(2ms);
    first.metrics().connections.add(3);
    second.metrics().connections.add(4);
    second.metrics().connections.subtract();
    first.metrics().unkillable.add();
    second.metrics().unkillable.add();
    for (const Scoreboard::Place* place : {&first, &second}) {
        place->metrics().http2_connections.add();
        place->metrics().http2_streams_refused.add(2);
        place->metrics().http2_client_resets.add(3);
        place->metrics().http2_server_resets.add(4);
        place->metrics().count_goaway(0);
        place->metrics().count_goaway(11);
        place->metrics().count_goaway(14);
        place->metrics().count_goaway(0xffffffff);
    }

    const MetricTotals totals = board.totals();
    EXPECT_EQ(totals.requests[200], 2U);
    EXPECT_EQ(totals.requests[404], 1U);
    EXPECT_EQ(totals.duration, Duration{3ms});
    EXPECT_EQ(totals.connections, 6U);
    EXPECT_EQ(totals.unkillable, 2U);         // O-075
    EXPECT_EQ(totals.http2_connections, 2U);  // H2-076
    EXPECT_EQ(totals.http2_streams_refused, 4U);
    EXPECT_EQ(totals.http2_client_resets, 6U);
    EXPECT_EQ(totals.http2_server_resets, 8U);
    EXPECT_EQ(totals.http2_goaways[0], 2U);
    EXPECT_EQ(totals.http2_goaways[11], 2U);
    EXPECT_EQ(totals.http2_goaways[14], 4U);  // all others
}

TEST(Scoreboard, KeepsWhatADeadWorkerCountedAndForgetsWhatItHadOpen) {
    Scoreboard board;
    {
        const Scoreboard::Place dead = board.take();
        dead.metrics().count_request(200);
        dead.metrics().count_duration(1ms);
        for (Tally* gauge :
             {&dead.metrics().connections, &dead.metrics().idle, &dead.metrics().in_flight,
              &dead.metrics().pool_in_use, &dead.metrics().http2_connections})
            gauge->add(5);
        dead.metrics().pool_size.set(1000);
    }

    const MetricTotals after = board.totals();
    EXPECT_EQ(after.requests[200], 1U);
    EXPECT_EQ(after.durations[3], 1U);
    EXPECT_EQ(after.connections + after.idle + after.in_flight + after.pool_in_use +
                  after.pool_size + after.http2_connections,
              0U);

    const Scoreboard::Place successor = board.take();
    successor.metrics().count_request(200);
    EXPECT_EQ(board.totals().requests[200], 2U);
}

TEST(Scoreboard, SeesWhatOtherProcessesWrite) {
    Scoreboard board;
    const Scoreboard::Place place = board.take();
    const pid_t child = ::fork();
    if (child == 0) {
        for (int i = 0; i < 1000; ++i) place.metrics().count_request(200);
        ::_exit(0);
    }
    ASSERT_GT(child, 0);
    // Read all the while: it never goes back.
    std::uint64_t before = 0;
    int status = 0;
    while (::waitpid(child, &status, WNOHANG) == 0) {
        const std::uint64_t now = board.totals().requests[200];
        ASSERT_GE(now, before);
        before = now;
    }
    EXPECT_EQ(board.totals().requests[200], 1000U);
}

// How many places there are stands in the memory, too, on the page before the counters' names.
TEST(Scoreboard, ReadsAndGivesNothingBeyondItWhateverAWorkerHasWrittenThere) {
    for (const int byte : {0, 0xff}) {
        Scoreboard board;
        const Scoreboard::Place first = board.take();
        const std::size_t mails = board.counters().find_or_add({.name = "mails_total"});
        first.metrics().count_request(200);
        first.counter_values().all[mails] = 3;
        constexpr std::size_t kPage = 4096;
        std::memset(reinterpret_cast<char*>(&board.counters()) - kPage, byte, kPage);

        EXPECT_LE(board.totals().requests[200], 1U);
        EXPECT_LE(board.counter_totals().at(mails).value, 3);
        const Scoreboard::Place second = board.take();
        EXPECT_NE(&second.metrics(), &first.metrics());
        second.metrics().count_request(200);
        EXPECT_EQ(board.totals().requests[200], 2U);
        EXPECT_EQ(board.counter_totals().at(mails).value, 3);
    }
}

TEST(Scoreboard, GivesAPlaceToMoreWorkersThanItHasRoomForOnlyInTurn) {
    Scoreboard board;
    std::optional<Scoreboard::Place> place;
    for (std::size_t i = 0; i < 2 * Scoreboard::kMostPlaces; ++i) {
        place.reset();
        place.emplace(board.take());
        place->metrics().count_request(200);
    }
    EXPECT_EQ(board.totals().requests[200], 2 * Scoreboard::kMostPlaces);
}

// O-021
GREENLET_TEST(Scoreboard, CountsWorkersByWhetherTheyAnswer) {
    Scoreboard board;
    board.set_blocking(20ms);
    {
        const Scoreboard::Place place = board.take();
        SignalInbox signals{SIGUSR2};
        FileDescriptor control{::eventfd(0, EFD_CLOEXEC)};  // to no master
        Worker worker{std::move(control), signals, 0, 1, {}, board, place.metrics(), place.notes()};
        EXPECT_EQ(board.totals().ready, 0U) << "it loads";
        worker.ready();
        EXPECT_EQ(board.totals().ready, 1U);

        const Watched watched{worker, {}};
        while (board.totals().blocked == 0) {  // nothing polls here
        }
        EXPECT_EQ(board.totals().ready, 0U);
        sleep(1ms);
        EXPECT_EQ(board.totals().blocked, 0U);
        worker.set_draining();
        EXPECT_EQ(board.totals().draining, 1U);
    }
    const MetricTotals after = board.totals();
    EXPECT_EQ(after.ready + after.blocked + after.draining, 0U);
    board.count_blocking(3s);
    board.count_blocking(1s);
    EXPECT_EQ(board.totals().blocking, Duration{4s});
}

int urgent = 0;

// O-020
TEST(Watched, LeavesTheSignalToWhoHadItBeforeUnlessItsMasterAsks) {
    const auto before = ::signal(SIGURG, [](int) { ++urgent; });
    {
        Scoreboard board;
        const Scoreboard::Place place = board.take();
        SignalInbox signals{SIGUSR2};
        FileDescriptor control{::eventfd(0, EFD_CLOEXEC)};  // to no master
        Worker worker{std::move(control), signals, 0, 1, {}, board, place.metrics(), place.notes()};
        const Watched watched{worker, {}};
        ::raise(SIGURG);
        EXPECT_EQ(urgent, 1);
        std::thread{[] { ::raise(SIGURG); }}.join();
        EXPECT_EQ(urgent, 2);
    }
    ::raise(SIGURG);
    EXPECT_EQ(urgent, 3);
    ::signal(SIGURG, before);
}

TEST(Scoreboard, HasNoSizeForPoolsOfWhichOneIsUnbounded) {
    Scoreboard board;
    const Scoreboard::Place first = board.take();
    const Scoreboard::Place second = board.take();
    const Scoreboard::Place third = board.take();
    first.metrics().pool_size.set(7);
    third.metrics().pool_size.set(8);
    EXPECT_EQ(board.totals().pool_size, 15U);
    second.metrics().pool_size.set(ServerMetrics::kUnbounded);
    EXPECT_EQ(board.totals().pool_size, ServerMetrics::kUnbounded);
}

//
TEST(Scoreboard, SumsWhatApplicationsCountOverWorkersPresentAndPast) {
    Scoreboard board;
    const std::size_t mails = board.counters().find_or_add({.name = "mails_total", .help = "x"});
    const std::size_t load = board.counters().find_or_add({.is_gauge = true, .name = "load"});
    const auto sum = [&](std::size_t place) { return board.counter_totals().at(place).value; };
    const Scoreboard::Place living = board.take();
    living.counter_values().all[mails] = 1;
    living.counter_values().all[load] = 10;
    {
        const Scoreboard::Place dead = board.take();
        dead.counter_values().all[mails] = 2;
        dead.counter_values().all[load] = 20;
        EXPECT_EQ(sum(mails), 3);
        EXPECT_EQ(sum(load), 30);
    }
    EXPECT_EQ(sum(mails), 3);
    EXPECT_EQ(sum(load), 10);
    const Scoreboard::Place successor = board.take();
    successor.counter_values().all[mails].fetch_add(1);
    EXPECT_EQ(sum(mails), 4);
    EXPECT_EQ(board.counter_totals()[load].name.name, "load");
}

// whoever is killed while it adds a name keeps nobody from adding one.
TEST(Scoreboard, HasTheNamesThatOtherProcessesAdd) {
    Scoreboard board;
    for (int round = 0; round < 20; ++round) {
        const pid_t child = ::fork();
        if (child == 0) {
            for (int i = 0; i < 10; ++i)
                board.counters().find_or_add({.name = "a" + std::to_string(i)});
            for (;;) board.counters().find_or_add({.name = "a0"});
        }
        ASSERT_GT(child, 0);
        while (board.counters().size() < 10) std::this_thread::yield();
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        EXPECT_EQ(board.counters().find_or_add({.name = "a9"}), 9U);
    }
    EXPECT_EQ(board.counter_totals().size(), 10U);
}

TEST(ServerMetrics, PutADurationIntoTheFirstClassThatHoldsIt) {
    ServerMetrics metrics;
    const auto& bounds = ServerMetrics::kDurationBounds;
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        metrics.count_duration(bounds[i]);  // the bound is of its class
        EXPECT_EQ(metrics.durations[i].value(), i == 0 ? 1U : 2U) << i;
        metrics.count_duration(bounds[i] + 1ns);
    }
    EXPECT_EQ(metrics.durations[bounds.size()].value(), 1U);
}

TEST(ServerMetrics, CountAStatusThatIsNoneAsNoneSent) {
    ServerMetrics metrics;
    metrics.count_request(1000);
    metrics.count_request(-1);
    metrics.count_request(0);
    EXPECT_EQ(metrics.requests[0].value(), 3U);
}

}  // namespace
}  // namespace grove::http
