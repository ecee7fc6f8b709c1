// C-060: LISTEN as a Queue.
#include <grove/postgres.h>

#include <string>

#include <gtest/gtest.h>

#include <grove/core/errors.h>
#include <grove/core/greenlet.h>

#include "greenlet_test.h"
#include "postgres_server.h"
#include "running_statements.h"

namespace grove::postgres {
namespace {

using namespace std::chrono_literals;
using test::postgres_server;
using test::RunningStatements;

GREENLET_TEST(PostgresNotification, ComesBetweenStatementsAndWithThem) {
    Connection listener = Connection::open(postgres_server->conninfo());
    Connection sender = Connection::open(postgres_server->conninfo());
    Queue<Notification>& told = listener.listen("News \"of\" today");
    EXPECT_EQ(&listener.listen("other"), &told);
    EXPECT_FALSE(listener.clean());

    sender.execute("SELECT pg_notify('News \"of\" today', 'first')");
    const Notification first = told.get(true, 20s);
    EXPECT_EQ(first.channel, "News \"of\" today");
    EXPECT_EQ(first.payload, "first");
    EXPECT_EQ(first.pid, sender.backend_pid());

    sender.query("SELECT pg_advisory_lock(6061)");
    auto working = spawn([&] {
        return listener.query("SELECT pg_advisory_lock(6061), 3 /* held up */")[0].get<int>(1);
    });
    RunningStatements{}.await("/* held up */");
    sender.execute("NOTIFY other");
    sender.query("SELECT pg_advisory_unlock(6061)");
    EXPECT_EQ(working.get(), 3);
    EXPECT_EQ(told.get(true, 20s).channel, "other");
    sender.execute("NOTIFY other, 'again'");
    EXPECT_EQ(told.get(true, 20s).payload, "again");
    EXPECT_EQ(listener.query("SELECT 1").size(), 1U);
}

GREENLET_TEST(PostgresNotification, KeepsTheLastTenThousand) {
    Connection listener = Connection::open(postgres_server->conninfo());
    Connection sender = Connection::open(postgres_server->conninfo());
    Queue<Notification>& told = listener.listen("many");
    sender.execute("SELECT pg_notify('many', i::text) FROM generate_series(1, 10050) AS i");
    sender.execute("NOTIFY many, 'last'");
    std::string last;
    while (told.qsize() < 10'000) sleep(1ms);
    listener.query("SELECT 1");  // and all that was on its way
    EXPECT_EQ(told.qsize(), 10'000U);
    EXPECT_EQ(told.get().payload, "52");
    while (told.qsize() > 0) last = told.get().payload;
    EXPECT_EQ(last, "last");
}

GREENLET_TEST(PostgresNotification, EndsWithTheConnection) {
    Connection listener = Connection::open(postgres_server->conninfo());
    Connection other = Connection::open(postgres_server->conninfo());
    Queue<Notification>& told = listener.listen("news");
    auto waiting = spawn([&] { EXPECT_THROW(told.get(), ShutDown); });
    sleep();
    other.query("SELECT pg_terminate_backend($1)", {listener.backend_pid()});
    waiting.join();
    EXPECT_THROW(listener.query("SELECT 1"), PostgresError);
}

}  // namespace
}  // namespace grove::postgres
