// C-061, C-063
#include <grove/postgres.h>

#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <grove/core/greenlet.h>
#include <grove/core/wait.h>

#include "greenlet_test.h"
#include "postgres_server.h"

namespace grove::postgres {
namespace {

using namespace std::chrono_literals;
using test::postgres_server;

GREENLET_TEST(PostgresPool, SharesAFewConnectionsAmongMany) {
    Pool pool{postgres_server->conninfo(), {.size = 2}};
    int sum = 0;
    std::vector<Greenlet<void>> callers;
    for (int i = 1; i <= 20; ++i) {
        callers.push_back(spawn([&, i] {
            auto lease = pool.acquire();
            sum += lease->query("SELECT $1::int", {i})[0].get<int>(0);
        }));
    }
    joinall(callers);
    EXPECT_EQ(sum, 210);
    EXPECT_EQ(pool.size(), 2U);
    EXPECT_EQ(pool.idle(), 2U);
}

GREENLET_TEST(PostgresPool, ClosesAConnectionThatComesBackWithinATransaction) {
    Connection watcher = Connection::open(postgres_server->conninfo());
    watcher.execute("DROP TABLE IF EXISTS leased");
    watcher.execute("CREATE TABLE leased (i int)");
    Pool pool{postgres_server->conninfo(), {.size = 1}};
    {
        auto lease = pool.acquire();
        lease->execute("BEGIN");
        lease->execute("INSERT INTO leased VALUES (1)");
    }
    EXPECT_EQ(pool.size(), 0U);
    watcher.execute("DROP TABLE leased");  // its lock is gone with it
    {
        auto lease = pool.acquire();
        lease->listen("anything");
    }
    EXPECT_EQ(pool.size(), 0U);
}

GREENLET_TEST(PostgresPool, DoesNotLendOneThatTheServerHasEnded) {
    Connection other = Connection::open(postgres_server->conninfo());
    Pool pool{postgres_server->conninfo(), {.size = 1}};
    const int first = pool.acquire()->backend_pid();
    EXPECT_EQ(pool.acquire()->backend_pid(), first);
    other.query("SELECT pg_terminate_backend($1)", {first});
    while (other.query("SELECT count(*) FROM pg_stat_activity WHERE pid = $1", {first})[0].get<int>(
               0) != 0)
        sleep(1ms);
    auto lease = pool.acquire();
    EXPECT_NE(lease->backend_pid(), first);
    EXPECT_EQ(lease->query("SELECT 1").size(), 1U);
}

// C-061: whether a connection can be lent is seen without a query.
GREENLET_TEST(PostgresPool, AsksTheServerNothingBeforeItLends) {
    Connection watcher = Connection::open(postgres_server->conninfo());
    Pool pool{postgres_server->conninfo(), {.size = 1}};
    const int pid = pool.acquire()->query("SELECT pg_backend_pid() /* mine */")[0].get<int>(0);
    auto lease = pool.acquire();
    EXPECT_EQ(lease->backend_pid(), pid);
    const Rows last = watcher.query("SELECT query FROM pg_stat_activity WHERE pid = $1", {pid});
    EXPECT_EQ(last[0].get<std::string>(0), "SELECT pg_backend_pid() /* mine */");
}

}  // namespace
}  // namespace grove::postgres
