// C-060: COPY as generator and sink.
#include <grove/postgres.h>

#include <optional>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include <grove/core/greenlet.h>

#include "greenlet_test.h"
#include "postgres_server.h"

namespace grove::postgres {
namespace {

using namespace std::chrono_literals;
using test::postgres_server;

std::function<std::optional<std::string>()> lines(int count) {
    return [count, next = 1]() mutable -> std::optional<std::string> {
        if (next > count) return std::nullopt;
        sleep();
        return std::to_string(next++) + "\tname\n";
    };
}

GREENLET_TEST(PostgresCopy, SendsAndReceivesRows) {
    Connection c = Connection::open(postgres_server->conninfo());
    c.execute("CREATE TEMP TABLE t (i int, name text)");
    c.copy_in("COPY t FROM STDIN", lines(2000));
    EXPECT_EQ(c.query("SELECT sum(i) FROM t")[0].get<int>(0), 2001 * 1000);
    std::size_t rows = 0;
    std::string last;
    c.copy_out("COPY (SELECT * FROM t ORDER BY i) TO STDOUT", [&](std::string_view row) {
        ++rows;
        last = row;
    });
    EXPECT_EQ(rows, 2000U);
    EXPECT_EQ(last, "2000\tname\n");
    EXPECT_TRUE(c.clean());
}

GREENLET_TEST(PostgresCopy, TakesPiecesOfAnySize) {
    Connection c = Connection::open(postgres_server->conninfo());
    c.execute("CREATE TEMP TABLE t (i int, name text)");
    const std::string all = "1\t" + std::string(3 << 20, 'x') + "\n2\ty\n";
    bool sent = false;
    c.copy_in("COPY t FROM STDIN", [&]() -> std::optional<std::string> {
        if (std::exchange(sent, true)) return std::nullopt;
        return all;
    });
    EXPECT_EQ(c.query("SELECT max(length(name)) FROM t")[0].get<int>(0), 3 << 20);
    std::size_t at = 0;
    c.copy_in("COPY t FROM STDIN", [&]() -> std::optional<std::string> {
        const std::string bytes = "3\tone byte at a time\n";
        return at < bytes.size() ? std::optional{bytes.substr(at++, 1)} : std::nullopt;
    });
    EXPECT_EQ(c.query("SELECT name FROM t WHERE i = 3")[0].get<std::string>(0),
              "one byte at a time");
}

GREENLET_TEST(PostgresCopy, IsUndoneWhenThePiecesFail) {
    Connection c = Connection::open(postgres_server->conninfo());
    c.execute("CREATE TEMP TABLE t (i int, name text)");
    int calls = 0;
    EXPECT_THROW(c.copy_in("COPY t FROM STDIN",
                           [&]() -> std::optional<std::string> {
                               if (++calls == 3) throw std::length_error{"mine"};
                               return "1\tx\n";
                           }),
                 std::length_error);
    EXPECT_EQ(c.query("SELECT count(*) FROM t")[0].get<int>(0), 0);
    EXPECT_THROW(c.copy_in("COPY t FROM STDIN",
                           [n = 0]() mutable -> std::optional<std::string> {
                               return n++ == 0 ? std::optional<std::string>{"not a number\tx\n"}
                                               : std::nullopt;
                           }),
                 PostgresError);
    EXPECT_TRUE(c.clean());
}

GREENLET_TEST(PostgresCopy, RefusesAnotherStatement) {
    Connection c = Connection::open(postgres_server->conninfo());
    EXPECT_THROW(c.copy_in("SELECT 1", lines(1)), std::logic_error);
    EXPECT_THROW(c.copy_out("SELECT 1", [](std::string_view) {}), std::logic_error);
    EXPECT_THROW(c.copy_out("COPY nowhere TO STDOUT", [](std::string_view) {}), PostgresError);
    EXPECT_TRUE(c.clean());
    EXPECT_THROW(c.query("COPY (SELECT 1) TO STDOUT"), std::logic_error);
    EXPECT_THROW(c.query("SELECT 1"), PostgresError);  // that has ended it
}

GREENLET_TEST(PostgresCopy, EndsTheConnectionWhenTheSinkThrows) {
    Connection c = Connection::open(postgres_server->conninfo());
    EXPECT_THROW(c.copy_out("COPY (SELECT generate_series(1, 100000)) TO STDOUT",
                            [](std::string_view) { throw std::length_error{"enough"}; }),
                 std::length_error);
    EXPECT_FALSE(c.clean());
}

}  // namespace
}  // namespace grove::postgres
