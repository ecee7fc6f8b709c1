// C-063: what becomes of a statement whose caller is gone.
#include <grove/postgres.h>

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include <grove/core/greenlet.h>
#include <grove/core/timeout.h>

#include "greenlet_test.h"
#include "postgres_server.h"

namespace grove::postgres {
namespace {

using namespace std::chrono_literals;
using test::postgres_server;

int running(Connection& watcher, const std::string& mark) {
    return watcher
        .query(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE $1 "
            "AND pid <> pg_backend_pid()",
            {"%" + mark + "%"})[0]
        .get<int>(0);
}

void expect_cancelled(const std::string& conninfo, const std::string& mark) {
    Connection watcher = Connection::open(postgres_server->conninfo());
    Connection c = Connection::open(conninfo);
    auto caller = spawn([&] { c.query("SELECT pg_sleep(1000) /* " + mark + " */"); });
    while (running(watcher, mark) == 0) sleep(1ms);

    caller.kill();

    EXPECT_EQ(c.backend_pid(), 0);
    EXPECT_THROW(c.query("SELECT 1"), PostgresError);
    const Deadline deadline{20s};  // far below the statement's own time
    while (running(watcher, mark) != 0 && !deadline.passed()) sleep(1ms);
    EXPECT_EQ(running(watcher, mark), 0);
}

GREENLET_TEST(PostgresInterruption, CancelsTheStatementAndClosesTheConnection) {
    expect_cancelled(postgres_server->conninfo(), "over a unix socket");
}
GREENLET_TEST(PostgresInterruption, CancelsOverTcp) {
    expect_cancelled(postgres_server->conninfo_at("127.0.0.1"), "over tcp");
}

GREENLET_TEST(PostgresInterruption, IsATimeoutsToo) {
    Connection c = Connection::open(postgres_server->conninfo());
    EXPECT_FALSE(try_for(20ms, [&] { c.query("SELECT pg_sleep(1000) /* timed */"); }));
    EXPECT_FALSE(c.clean());
    Connection watcher = Connection::open(postgres_server->conninfo());
    const Deadline deadline{20s};
    while (running(watcher, "timed") != 0 && !deadline.passed()) sleep(1ms);
    EXPECT_EQ(running(watcher, "timed"), 0);
}

GREENLET_TEST(PostgresInterruption, FreesThePlaceInThePool) {
    Pool pool{postgres_server->conninfo(), {.size = 1}};
    auto caller = spawn([&] {
        auto lease = pool.acquire();
        lease->query("SELECT pg_sleep(1000)");
    });
    while (pool.in_use() == 0) sleep(1ms);
    sleep(30ms);
    caller.kill();
    EXPECT_EQ(pool.size(), 0U);
    EXPECT_EQ(pool.acquire()->query("SELECT 1").size(), 1U);
}

}  // namespace
}  // namespace grove::postgres
