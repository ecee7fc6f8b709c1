// C-060, C-062
#include <grove/postgres.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

#include <sys/socket.h>

#include <gmock/gmock.h>

#include <grove/core/detail/listening_socket.h>
#include <grove/core/errors.h>
#include <grove/core/event.h>
#include <grove/core/fd_wait.h>
#include <grove/core/file_descriptor.h>
#include <grove/core/greenlet.h>

#include "greenlet_test.h"
#include "postgres_server.h"
#include "running_statements.h"

namespace grove::postgres {
namespace {

using namespace std::chrono_literals;
using test::postgres_server;
using test::RunningStatements;
using ::testing::HasSubstr;

template <class F>
std::string sqlstate_of(F&& call) {
    try {
        call();
    } catch (const PostgresError& error) {
        return std::string{error.sqlstate()};
    }
    return "none";
}

int rows_in(Connection& c, const std::string& table) {
    return c.query("SELECT count(*) FROM " + table)[0].get<int>(0);
}

GREENLET_TEST(PostgresConnection, StaysUsableAfterAnError) {
    Connection c = Connection::open(postgres_server->conninfo());
    EXPECT_EQ(sqlstate_of([&] { c.query("SELECT * FROM nowhere"); }), "42P01");
    EXPECT_EQ(sqlstate_of([&] { c.query("SELECT 1; SELECT 2"); }), "42601");  // one a call
    EXPECT_EQ(sqlstate_of([&] { c.query("SELECT 1/$1::int", {0}); }), "22012");
    EXPECT_EQ(c.query("").size(), 0U);
    EXPECT_EQ(c.query("SELECT 7")[0].get<int>(0), 7);
    EXPECT_TRUE(c.clean());
    EXPECT_TRUE(c.idle());
}

GREENLET_TEST(PostgresConnection, TellsHowManyRowsAStatementChanged) {
    Connection c = Connection::open(postgres_server->conninfo());
    EXPECT_EQ(c.execute("CREATE TEMP TABLE t (i int)"), 0U);
    EXPECT_EQ(c.execute("INSERT INTO t SELECT generate_series(1, 5)"), 5U);
    EXPECT_EQ(c.execute("DELETE FROM t WHERE i > $1", {3}), 2U);
}

GREENLET_TEST(PostgresConnection, LetsOthersRunWhileTheServerWorks) {
    Connection c = Connection::open(postgres_server->conninfo());
    Connection holder = Connection::open(postgres_server->conninfo());
    holder.query("SELECT pg_advisory_lock(6062)");
    auto other = spawn([&] {
        RunningStatements{}.await("/* at work */");
        holder.query("SELECT pg_advisory_unlock(6062)");
    });
    c.query("SELECT pg_advisory_lock(6062) /* at work */");
    other.get();
}

GREENLET_TEST(PostgresConnection, RefusesASecondGreenlet) {
    Connection c = Connection::open(postgres_server->conninfo());
    auto first = spawn([&] { return c.query("SELECT pg_sleep(0.05), 4")[0].get<int>(1); });
    sleep();
    EXPECT_THROW(c.query("SELECT 1"), std::logic_error);
    EXPECT_THROW(c.copy_out("COPY (SELECT 1) TO STDOUT", [](std::string_view) {}),
                 std::logic_error);
    EXPECT_EQ(first.get(), 4);
    EXPECT_EQ(c.query("SELECT 1").size(), 1U);
}

GREENLET_TEST(PostgresConnection, CarriesLargeParametersAndResults) {
    Connection c = Connection::open(postgres_server->conninfo());
    const std::string large(8 << 20, 'x');
    EXPECT_EQ(c.query("SELECT $1::text", {large})[0].get<std::string>(0), large);
    EXPECT_EQ(c.query("SELECT repeat('y', 100) FROM generate_series(1, 50000)").size(), 50'000U);
}

GREENLET_TEST(PostgresConnection, LooksNamesUpAndSaysWhyItCannotConnect) {
    EXPECT_EQ(Connection::open(postgres_server->conninfo_at("localhost")).query("SELECT 1").size(),
              1U);
    EXPECT_EQ(Connection::open(postgres_server->conninfo_at("127.0.0.1")).query("SELECT 1").size(),
              1U);
    const std::string closed = " port=" + std::to_string(test::free_port()) + " user=grove";
    try {
        Connection::open("host=127.0.0.1" + closed);
        ADD_FAILURE() << "nobody listens there";
    } catch (const PostgresError& error) {
        EXPECT_EQ(error.sqlstate(), "08001");
        EXPECT_THAT(error.what(), HasSubstr("127.0.0.1"));
    }
    EXPECT_EQ(sqlstate_of([&] { Connection::open(postgres_server->conninfo() + "x"); }), "08001");
    EXPECT_THROW(Connection::open("host=no-such-host.invalid user=grove"), std::system_error);
    EXPECT_THROW(Connection::open("what is this"), std::invalid_argument);
    EXPECT_THROW(Connection::open("nonsense=1"), std::invalid_argument);
}

GREENLET_TEST(PostgresConnection, TriesTheNextHost) {
    const std::string silent = std::to_string(test::free_port());
    const std::string good = postgres_server->conninfo_at("x");
    const std::string port =
        good.substr(good.find("port=") + 5, good.find(" user") - good.find("port=") - 5);
    Connection c = Connection::open("host=127.0.0.1,localhost port=" + silent + "," + port +
                                    " user=grove dbname=postgres");
    EXPECT_EQ(c.query("SELECT 1").size(), 1U);
}

GREENLET_TEST(PostgresConnection, ThrowsTimeoutWhereNobodyAnswers) {
    const FileDescriptor silent = listen_on(Address::ip("127.0.0.1", 0));
    const std::string port = std::to_string(Address::local_of(silent.get()).port());
    try {
        Connection::open("host=127.0.0.1 user=grove port=" + port, 30ms);
        ADD_FAILURE() << "nobody answers there";
    } catch (const Timeout& thrown) {
        EXPECT_EQ(thrown.id(), 0U);
        EXPECT_EQ(thrown.duration(), 30ms);
    }
    const FileDescriptor above{::accept4(silent.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    auto killed = spawn([&] { Connection::open("host=127.0.0.1 user=grove port=" + port); });
    wait_readable(silent.get());
    const FileDescriptor taken{::accept4(silent.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    wait_readable(taken.get());  // its first message: now it waits for the answer
    killed.kill();
    EXPECT_TRUE(killed.dead());
}

GREENLET_TEST(PostgresConnection, IsGoneWhenTheServerEndsIt) {
    Connection c = Connection::open(postgres_server->conninfo());
    Connection other = Connection::open(postgres_server->conninfo());
    const auto end = [&] { other.query("SELECT pg_terminate_backend($1)", {c.backend_pid()}); };

    auto waiting = spawn(
        [&] { return sqlstate_of([&] { c.query("SELECT pg_sleep(100) /* to be ended */"); }); });
    RunningStatements{}.await("/* to be ended */");
    end();
    EXPECT_EQ(waiting.get(), "57P01");
    EXPECT_EQ(sqlstate_of([&] { c.query("SELECT 1"); }), "08006");
    EXPECT_FALSE(c.clean());
    EXPECT_EQ(c.backend_pid(), 0);

    c = Connection::open(postgres_server->conninfo());
    EXPECT_TRUE(c.idle());
    end();
    while (c.idle()) sleep(1ms);  // it is seen without a query
}

template <class Call>
void expect_told_when_destroyed(Call call) {
    auto c = std::make_unique<Connection>(Connection::open(postgres_server->conninfo()));
    RunningStatements running;
    auto waiting = spawn([&] { return sqlstate_of([&] { call(*c); }); });
    running.await("/* bereft */");
    c.reset();
    EXPECT_EQ(waiting.get(), "08006");
    EXPECT_EQ(running.await_end("/* bereft */"), 0);
}

// Its call waits, and has nothing but its own stack then.
GREENLET_TEST(PostgresConnection, TellsItsCallerWhenItIsDestroyed) {
    const std::string wait = "SELECT pg_sleep(1000) /* bereft */";
    expect_told_when_destroyed([&](Connection& c) { c.query(wait); });
    expect_told_when_destroyed([&](Connection& c) { c.execute(wait); });
    expect_told_when_destroyed([&](Connection& c) {
        c.copy_out("COPY (" + wait + ") TO STDOUT", [](std::string_view) {});
    });
    expect_told_when_destroyed([&](Connection& c) { c.transaction([&] { c.query(wait); }); });
    expect_told_when_destroyed(
        [&](Connection& c) { c.transaction([&] { c.transaction([&] { c.query(wait); }); }); });
}

// Destroyed while the caller's own function waits.
GREENLET_TEST(PostgresConnection, TellsTheCallerOfACopyWhenItIsDestroyed) {
    for (const bool in : {true, false}) {
        auto c = std::make_unique<Connection>(Connection::open(postgres_server->conninfo()));
        Event within;
        Event go_on;
        const auto wait = [&] {
            within.set();
            go_on.wait();
        };
        auto copying = spawn([&] {
            return sqlstate_of([&] {
                if (!in) return c->copy_out("COPY (SELECT 1) TO STDOUT", [&](auto) { wait(); });
                c->execute("CREATE TEMP TABLE t (i int)");
                c->copy_in("COPY t FROM STDIN", [&]() -> std::optional<std::string> {
                    wait();
                    return "1\n";
                });
            });
        });
        within.wait();
        c.reset();
        go_on.set();
        EXPECT_EQ(copying.get(), "08006") << in;
    }
}

GREENLET_TEST(PostgresTransaction, CommitsOrRollsBack) {
    Connection c = Connection::open(postgres_server->conninfo());
    c.execute("CREATE TEMP TABLE t (i int)");
    EXPECT_EQ(c.transaction([&] {
        c.execute("INSERT INTO t VALUES (1)");
        EXPECT_FALSE(c.clean());
        return 5;
    }),
              5);
    EXPECT_EQ(rows_in(c, "t"), 1);
    EXPECT_THROW(c.transaction([&] {
        c.execute("INSERT INTO t VALUES (2)");
        throw std::runtime_error{"no"};
    }),
                 std::runtime_error);
    EXPECT_EQ(rows_in(c, "t"), 1);
    EXPECT_TRUE(c.clean());
}

GREENLET_TEST(PostgresTransaction, RollsBackWhenItsGreenletIsKilled) {
    Connection c = Connection::open(postgres_server->conninfo());
    c.execute("CREATE TEMP TABLE t (i int)");
    Event inserted;
    auto killed = spawn([&] {
        c.transaction([&] {
            c.execute("INSERT INTO t VALUES (1)");
            inserted.set();
            sleep(1h);
        });
    });
    inserted.wait();
    EXPECT_FALSE(c.clean());
    killed.kill();
    EXPECT_TRUE(c.clean());
    EXPECT_EQ(rows_in(c, "t"), 0);
}

GREENLET_TEST(PostgresTransaction, IsASavepointWithinAnother) {
    Connection c = Connection::open(postgres_server->conninfo());
    c.execute("CREATE TEMP TABLE t (i int)");
    c.transaction([&] {
        c.execute("INSERT INTO t VALUES (1)");
        EXPECT_EQ(sqlstate_of([&] {
                      c.transaction([&] {
                          c.execute("INSERT INTO t VALUES (2)");
                          c.query("SELECT 1/0");
                      });
                  }),
                  "22012");
        c.transaction([&] { c.execute("INSERT INTO t VALUES (3)"); });
    });
    EXPECT_EQ(c.query("SELECT sum(i) FROM t")[0].get<int>(0), 4);
}

GREENLET_TEST(PostgresTransaction, ThrowsWhenTheCommitIsARollBack) {
    Connection c = Connection::open(postgres_server->conninfo());
    c.execute("CREATE TEMP TABLE t (i int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED)");
    EXPECT_EQ(sqlstate_of([&] {
                  c.transaction([&] {
                      c.execute("INSERT INTO t VALUES (1)");
                      EXPECT_EQ(sqlstate_of([&] { c.query("SELECT 1/0"); }),
                                "22012");  // and swallowed
                  });
              }),
              "25P02");
    EXPECT_EQ(
        sqlstate_of([&] { c.transaction([&] { c.execute("INSERT INTO t VALUES (1), (1)"); }); }),
        "23505");
    EXPECT_TRUE(c.clean());
    EXPECT_EQ(rows_in(c, "t"), 0);
    c.transaction([&] { c.execute("INSERT INTO t VALUES (1)"); });
    EXPECT_EQ(rows_in(c, "t"), 1);
}

}  // namespace
}  // namespace grove::postgres
