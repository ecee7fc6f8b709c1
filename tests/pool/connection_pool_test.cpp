// C-057
#include <grove/pool/connection_pool.h>

#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>

#include "fake_clock.h"
#include "fake_connection.h"
#include "greenlet_test.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using test::FakeConnection;
using test::Ledger;
using test::now;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Connections = ConnectionPool<FakeConnection>;
using Options = ConnectionPoolOptions;

auto opener(Ledger& ledger) {
    return [&ledger] { return FakeConnection{ledger}; };
}

GREENLET_TEST(ConnectionPool, RefusesSizeZeroAndNothingToOpenWith) {
    Ledger ledger;
    EXPECT_THROW((Connections{{.size = 0}, opener(ledger)}), std::invalid_argument);
    EXPECT_THROW((Connections{{}, {}}), std::invalid_argument);
}

GREENLET_TEST(ConnectionPool, OpensWhenNeededAndLendsTheOneThatCameBackLast) {
    Ledger ledger;
    Connections pool{{.size = 3}, opener(ledger)};
    EXPECT_EQ(pool.size(), 0U);
    {
        const auto first = pool.acquire();
        auto second = std::optional{pool.acquire()};
        EXPECT_EQ(pool.in_use(), 2U);
        second.reset();
        EXPECT_EQ(pool.idle(), 1U);
        EXPECT_EQ(pool.size(), 2U);
    }  // 2, then 1 came back

    auto again = pool.acquire();
    EXPECT_EQ(again->number(), 1);
    EXPECT_EQ(pool.acquire()->number(), 2);
    EXPECT_EQ(ledger.opened, 2);
    EXPECT_THAT(ledger.closed, IsEmpty());
}

GREENLET_TEST(ConnectionPool, ServesTheLineInOrderWithTheSameConnection) {
    Ledger ledger;
    Connections pool{{.size = 1}, opener(ledger), [](FakeConnection&) -> bool {
                         ADD_FAILURE() << "asked of one that was handed on";
                         return true;
                     }};
    std::vector<int> order;
    std::vector<Greenlet<void>> callers;
    {
        const auto lease = pool.acquire();
        for (int i = 0; i < 4; ++i) {
            callers.push_back(spawn([&, i] {
                auto mine = pool.acquire();
                order.push_back(i);
                EXPECT_EQ(mine->number(), 1);
                sleep();
            }));
        }
        sleep();
    }
    // It is the head's already: whoever comes now stands behind the others.
    const auto late = pool.acquire();

    EXPECT_THAT(order, ElementsAre(0, 1, 2, 3));
    EXPECT_EQ(ledger.opened, 1);
}

FAKE_CLOCK_TEST(ConnectionPool, ThrowsTimeoutWithIdZeroOutOfTheLine) {
    Ledger ledger;
    Connections pool{{.size = 1}, opener(ledger)};
    const auto lease = pool.acquire();
    const auto start = now();
    try {
        pool.acquire(100ms);
        ADD_FAILURE() << "there is only one";
    } catch (const Timeout& thrown) {
        EXPECT_EQ(thrown.id(), 0U);
        EXPECT_EQ(thrown.duration(), 100ms);
    }
    EXPECT_EQ(now() - start, 100ms);
    EXPECT_THROW(pool.acquire(0ms), Timeout);
    EXPECT_EQ(pool.in_use(), 1U);
}

FAKE_CLOCK_TEST(ConnectionPool, CountsTheLineTheQuestionAndTheOpeningIntoOneTimeout) {
    Ledger ledger;
    bool slow = false;
    Connections pool{{.size = 2},
                     [&] {
                         if (slow) sleep(60ms);
                         return FakeConnection{ledger};
                     },
                     [](FakeConnection&) {
                         sleep(30ms);
                         return false;
                     }};
    auto dropped = std::optional{pool.acquire()};
    auto given_back = std::optional{pool.acquire()};
    slow = true;
    const auto start = now();
    auto caller = spawn([&] {
        try {
            pool.acquire(100ms);
            ADD_FAILURE() << "20 ms in the line, 30 to ask, 60 to open";
        } catch (const Timeout& thrown) {
            EXPECT_EQ(thrown.id(), 0U);
            EXPECT_EQ(thrown.duration(), 100ms);
            EXPECT_EQ(now() - start, 100ms);
        }
    });
    sleep(20ms);
    dropped->drop();     // the caller may open one now,
    given_back.reset();  // and finds this one before it does
    caller.join();

    EXPECT_EQ(pool.size(), 0U);
    EXPECT_EQ(ledger.open(), 0);
    EXPECT_THROW(
        {
            const TimeoutGuard outer{10ms};
            pool.acquire(1h);
        },
        Timeout);
    EXPECT_EQ(pool.size(), 0U);
}

GREENLET_TEST(ConnectionPool, LeavesNoGapForAKillInTheLine) {
    Ledger ledger;
    Connections pool{{.size = 1}, opener(ledger)};
    std::vector<int> served;
    std::vector<Greenlet<void>> callers;
    {
        const auto lease = pool.acquire();
        for (int i = 0; i < 3; ++i) {
            callers.push_back(spawn([&, i] {
                const auto mine = pool.acquire();
                served.push_back(i);
            }));
        }
        sleep();
        callers[0].kill();
    }
    callers[1].kill(GreenletExit{}, false);  // woken, and not run yet
    for (auto& caller : callers) caller.join();

    EXPECT_EQ(served.back(), 2);
    EXPECT_EQ(pool.in_use(), 0U);
    EXPECT_EQ(pool.idle() + ledger.closed.size(), static_cast<std::size_t>(ledger.opened));
}

GREENLET_TEST(ConnectionPool, CountsOneThatIsBeingOpened) {
    Ledger ledger;
    Event go;
    Connections pool{{.size = 1}, [&] {
                         go.wait();
                         return FakeConnection{ledger};
                     }};
    auto first = spawn([&] { return pool.acquire()->number(); });
    auto second = spawn([&] { return pool.acquire()->number(); });
    sleep();
    EXPECT_EQ(pool.in_use(), 1U);
    EXPECT_EQ(pool.idle(), 0U);
    go.set();
    EXPECT_EQ(first.get(), 1);
    EXPECT_EQ(second.get(), 1);
}

GREENLET_TEST(ConnectionPool, LosesNothingWhenOpenThrowsOrIsKilled) {
    Ledger ledger;
    int calls = 0;
    Event never;
    Connections pool{{.size = 1}, [&]() -> FakeConnection {
                         if (++calls == 1) throw std::runtime_error{"refused"};
                         if (calls == 2) never.wait();
                         return FakeConnection{ledger};
                     }};
    EXPECT_THROW(pool.acquire(), std::runtime_error);
    EXPECT_EQ(pool.in_use(), 0U);

    auto opening = spawn([&] { pool.acquire(); });
    auto waiting = spawn([&] { return pool.acquire()->number(); });
    sleep();
    opening.kill();
    EXPECT_EQ(waiting.get(), 1);
    EXPECT_EQ(pool.in_use(), 0U);
}

GREENLET_TEST(ConnectionPool, ClosesWhatAnExceptionLeaves) {
    Ledger ledger;
    Connections pool{{.size = 1}, opener(ledger)};
    const auto fail = [&] {
        const auto lease = pool.acquire();
        throw std::runtime_error{"in the middle of a query"};
    };
    EXPECT_THROW(fail(), std::runtime_error);
    EXPECT_THAT(ledger.closed, ElementsAre(1));

    Event never;
    auto holder = spawn([&] {
        const auto lease = pool.acquire();
        never.wait();
    });
    sleep();
    holder.kill();
    EXPECT_THAT(ledger.closed, ElementsAre(1, 2));
    EXPECT_EQ(pool.size(), 0U);
}

// While another exception is under way: a destructor that takes and gives back a connection.
GREENLET_TEST(ConnectionPool, KeepsWhatALeaseWithinAnUnwindingGaveBack) {
    Ledger ledger;
    Connections pool{{.size = 1}, opener(ledger)};
    struct Farewell {
        Connections& pool;
        ~Farewell() { const auto lease = pool.acquire(); }
    };
    const auto fail = [&] {
        const Farewell farewell{pool};
        throw std::runtime_error{"elsewhere"};
    };
    EXPECT_THROW(fail(), std::runtime_error);
    EXPECT_THAT(ledger.closed, IsEmpty());
    EXPECT_EQ(pool.idle(), 1U);
}

GREENLET_TEST(ConnectionPool, DropsOnce) {
    Ledger ledger;
    Connections pool{{.size = 2}, opener(ledger)};
    auto lease = pool.acquire();
    lease.drop();
    EXPECT_THAT(ledger.closed, ElementsAre(1));
    lease.drop();
    EXPECT_EQ(pool.size(), 0U);

    lease = pool.acquire();
    lease = pool.acquire();  // the one before goes back
    EXPECT_EQ(pool.idle(), 1U);
    EXPECT_EQ(lease->number(), 3);
    auto moved = std::move(lease);
    EXPECT_EQ(pool.in_use(), 1U);
    EXPECT_DEATH(static_cast<void>(*lease), "after drop");  // NOLINT(bugprone-use-after-move)
}

GREENLET_TEST(ConnectionPool, AsksBeforeItLendsAnIdleOne) {
    Ledger ledger;
    std::vector<int> asked;
    Connections pool{{.size = 3}, opener(ledger), [&](FakeConnection& connection) {
                         asked.push_back(connection.number());
                         if (connection.number() == 2) throw std::runtime_error{"broken"};
                         return connection.number() != 3;
                     }};
    {
        const auto one = pool.acquire();
        const auto two = pool.acquire();
        const auto three = pool.acquire();
    }
    EXPECT_THAT(asked, IsEmpty());  // they were new
    { const auto lease = pool.acquire(); }
    EXPECT_THAT(asked, ElementsAre(1));

    const auto one = pool.acquire();
    EXPECT_THROW(pool.acquire(), std::runtime_error);
    EXPECT_THAT(ledger.closed, ElementsAre(2));
    EXPECT_EQ(pool.acquire()->number(), 4);  // 3 said no
    EXPECT_THAT(ledger.closed, ElementsAre(2, 3));
    EXPECT_EQ(pool.size(), 2U);
}

FAKE_CLOCK_TEST(ConnectionPool, LendsNoneThatWasIdleForTooLong) {
    Ledger ledger;
    Connections pool{{.size = 2, .idle = 10s}, opener(ledger)};
    {
        const auto one = pool.acquire();
        const auto two = pool.acquire();
    }
    sleep(9s);
    EXPECT_EQ(pool.acquire()->number(), 1);
    sleep(1s);  // 2 is too old now, and 1 is not
    EXPECT_EQ(pool.acquire()->number(), 1);
    EXPECT_THAT(ledger.closed, ElementsAre(2));
    sleep(10s);
    EXPECT_EQ(pool.acquire()->number(), 3);
    EXPECT_THAT(ledger.closed, ElementsAre(2, 1));
}

FAKE_CLOCK_TEST(ConnectionPool, LendsNoneThatIsTooOldAndHandsNoneOn) {
    Ledger ledger;
    Connections pool{{.size = 1, .lifetime = 10s}, opener(ledger)};
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(pool.acquire()->number(), 1);
        sleep(3s);
    }
    auto lease = std::optional{pool.acquire()};
    sleep(1s);
    auto waiting = spawn([&] { return pool.acquire()->number(); });
    sleep();
    lease.reset();
    EXPECT_EQ(waiting.get(), 2);
    sleep(10s);
    EXPECT_EQ(pool.acquire()->number(), 3);
    EXPECT_THAT(ledger.closed, ElementsAre(1, 2));
}

GREENLET_TEST(ConnectionPool, ClosesIdleOnesAtOnce) {
    Ledger ledger;
    Connections pool{{.size = 2}, opener(ledger)};
    const auto lease = pool.acquire();
    { const auto second = pool.acquire(); }
    pool.close();
    EXPECT_THAT(ledger.closed, ElementsAre(2));
    EXPECT_EQ(pool.idle(), 0U);
    EXPECT_EQ(pool.in_use(), 1U);
}

GREENLET_TEST(ConnectionPool, ClosesLeasesWhenTheyEndAndTurnsTheLineAway) {
    Ledger ledger;
    Event go;
    bool slow = false;
    Connections pool{{.size = 3}, [&] {
                         if (slow) go.wait();
                         return FakeConnection{ledger};
                     }};
    auto lease = std::optional{pool.acquire()};
    { const auto second = pool.acquire(); }
    slow = true;
    const auto outcome = [&] {
        try {
            pool.acquire();
            return false;
        } catch (const ShutDown&) {
            return true;
        }
    };
    const auto second = pool.acquire();
    auto opening = spawn(outcome);
    auto waiting = spawn(outcome);
    sleep();

    pool.close();

    EXPECT_TRUE(waiting.get());
    EXPECT_TRUE(outcome());
    go.set();
    EXPECT_TRUE(opening.get());
    EXPECT_EQ(pool.in_use(), 2U);
    lease.reset();
    EXPECT_EQ(pool.size(), 1U);
    EXPECT_THAT(ledger.closed, ElementsAre(3, 1));
    pool.close();
}

GREENLET_TEST(ConnectionPool, ClosesItsIdleOnesAndTurnsItsLineAwayWhenDestroyed) {
    Ledger ledger;
    auto pool = std::make_unique<Connections>(Options{.size = 1}, opener(ledger));
    auto lease = std::optional{pool->acquire()};
    auto waiting = spawn([&] { EXPECT_THROW(pool->acquire(), ShutDown); });
    sleep();

    pool.reset();

    waiting.join();
    EXPECT_EQ(ledger.open(), 1);
    lease.reset();
    EXPECT_EQ(ledger.open(), 0);
}

struct WithState : FakeConnection {
    using FakeConnection::FakeConnection;
    bool dirty = false;
    [[nodiscard]] bool clean() const noexcept { return !dirty; }
};

GREENLET_TEST(ConnectionPool, ClosesAConnectionThatSaysItIsNotClean) {
    Ledger ledger;
    ConnectionPool<WithState> pool{{.size = 1}, [&] { return WithState{ledger}; }};
    { const auto lease = pool.acquire(); }
    EXPECT_EQ(pool.idle(), 1U);
    auto lease = std::optional{pool.acquire()};
    (*lease)->dirty = true;
    auto waiting = spawn([&] { return pool.acquire()->number(); });
    sleep();
    lease.reset();
    EXPECT_EQ(waiting.get(), 2);  // opened anew, and not handed on
    EXPECT_THAT(ledger.closed, ElementsAre(1));
}

GREENLET_TEST(ConnectionPool, RefusesAnotherThread) {
    Ledger ledger;
    Connections pool{{}, opener(ledger)};
    std::thread{[&] { EXPECT_THROW(pool.acquire(), std::logic_error); }}.join();
    EXPECT_EQ(ledger.opened, 0);
}

}  // namespace
}  // namespace grove
