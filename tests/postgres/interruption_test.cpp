// C-063: what becomes of a statement whose caller is gone.
#include <grove/postgres.h>

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include <grove/core/greenlet.h>
#include <grove/core/timeout.h>

#include "greenlet_test.h"
#include "postgres_server.h"
#include "running_statements.h"

namespace grove::postgres {
namespace {

using namespace std::chrono_literals;
using test::postgres_server;
using test::RunningStatements;

void expect_cancelled(const std::string& conninfo, const std::string& mark) {
    RunningStatements running;
    Connection c = Connection::open(conninfo);
    auto caller = spawn([&] { c.query("SELECT pg_sleep(1000) /* " + mark + " */"); });
    running.await(mark);

    caller.kill();

    EXPECT_EQ(c.backend_pid(), 0);
    EXPECT_THROW(c.query("SELECT 1"), PostgresError);
    EXPECT_EQ(running.await_end(mark), 0);  // far below the statement's own time
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
    EXPECT_EQ(RunningStatements{}.await_end("/* timed */"), 0);
}

GREENLET_TEST(PostgresInterruption, FreesThePlaceInThePool) {
    Pool pool{postgres_server->conninfo(), {.size = 1}};
    auto caller = spawn([&] {
        auto lease = pool.acquire();
        lease->query("SELECT pg_sleep(1000) /* of a lease */");
    });
    RunningStatements{}.await("/* of a lease */");
    caller.kill();
    EXPECT_EQ(pool.size(), 0U);
    EXPECT_EQ(pool.acquire()->query("SELECT 1").size(), 1U);
}

}  // namespace
}  // namespace grove::postgres
