// C-060: what goes in by a parameter, and comes out of a row.
#include <grove/postgres.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>

#include "greenlet_test.h"
#include "postgres_server.h"

namespace grove::postgres {
namespace {

using test::postgres_server;
using ::testing::HasSubstr;

template <class T>
T back(Connection& connection, const std::string& type, const Param& param) {
    return connection.query("SELECT $1::" + type + " AS x", {param})[0].get<T>("x");
}

GREENLET_TEST(PostgresRows, GiveBackWhatAParameterSent) {
    Connection c = Connection::open(postgres_server->conninfo());
    EXPECT_EQ(back<bool>(c, "bool", true), true);
    EXPECT_EQ(back<bool>(c, "bool", false), false);
    EXPECT_EQ(back<int>(c, "int4", -5), -5);
    constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
    EXPECT_EQ(back<std::int64_t>(c, "int8", kLeast), kLeast);
    for (const double value : {0.1, -1e300, 1.0 / 3, 5e-324})
        EXPECT_EQ(back<double>(c, "float8", value), value);
    EXPECT_TRUE(std::isnan(back<double>(c, "float8", std::nan(""))));
    EXPECT_EQ(back<double>(c, "float8", -HUGE_VAL), -HUGE_VAL);
    EXPECT_EQ(back<std::string>(c, "text", "it's; \"DROP\" -- ü"), "it's; \"DROP\" -- ü");
    EXPECT_EQ(back<std::string>(c, "text", std::string{}), "");
    EXPECT_EQ(back<std::optional<int>>(c, "int4", std::nullopt), std::nullopt);
    EXPECT_EQ(back<std::optional<int>>(c, "int4", 3), 3);
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    EXPECT_EQ(back<std::string>(c, "bytea", Param::bytes(bytes)), bytes);
}

GREENLET_TEST(PostgresRows, OutliveTheirConnection) {
    std::optional<Row> row;
    {
        Connection c = Connection::open(postgres_server->conninfo());
        const Rows rows = c.query("SELECT i, 'n' || i AS name FROM generate_series(1, 3) AS i");
        EXPECT_EQ(rows.size(), 3U);
        EXPECT_EQ(rows.columns(), 2U);
        EXPECT_EQ(rows.column(1), "name");
        int sum = 0;
        for (const Row& each : rows) sum += each.get<int>(0);
        EXPECT_EQ(sum, 6);
        row = rows[2];
    }
    EXPECT_EQ(row->get<std::string>("name"), "n3");
}

template <class Error, class F>
std::string thrown(F&& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.what();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
}

GREENLET_TEST(PostgresRows, RefuseWhatAValueIsNot) {
    Connection c = Connection::open(postgres_server->conninfo());
    const Rows rows =
        c.query("SELECT 300 AS n, -1 AS m, 'x' AS t, NULL AS nothing, 1e400 AS large");
    const Row row = rows[0];
    EXPECT_THAT(thrown<std::out_of_range>([&] { return row.get<int>("other"); }),
                HasSubstr("\"other\""));
    thrown<std::out_of_range>([&] { return row.get<int>(5); });
    thrown<std::out_of_range>([&] { return rows[1]; });
    EXPECT_THAT(thrown<std::out_of_range>([&] { return row.get<std::uint8_t>("n"); }),
                HasSubstr("\"n\": 300"));
    thrown<std::out_of_range>([&] { return row.get<std::int8_t>("n"); });
    thrown<std::out_of_range>([&] { return row.get<unsigned>("m"); });
    thrown<std::out_of_range>([&] { return row.get<double>("large"); });
    thrown<std::out_of_range>([&] { return row.get<std::int64_t>("large"); });
    EXPECT_THAT(thrown<std::invalid_argument>([&] { return row.get<int>("t"); }),
                HasSubstr("\"t\": \"x\" is not an integer"));
    thrown<std::invalid_argument>([&] { return row.get<unsigned>("t"); });
    thrown<std::invalid_argument>([&] { return row.get<double>("t"); });
    thrown<std::invalid_argument>([&] { return row.get<bool>("n"); });
    EXPECT_THAT(thrown<std::invalid_argument>([&] { return row.get<int>("nothing"); }),
                HasSubstr("NULL"));
    EXPECT_EQ(row.get<std::uint16_t>("n"), 300);
}

GREENLET_TEST(PostgresParam, RefusesWhatATextCannotHold) {
    EXPECT_THROW(Param(std::string{"a\0b", 3}), std::invalid_argument);
    EXPECT_THROW(Param(static_cast<const char*>(nullptr)), std::invalid_argument);
    Connection c = Connection::open(postgres_server->conninfo());
    EXPECT_THROW(c.query(std::string{"SELECT 1\0", 9}), std::invalid_argument);
    EXPECT_THROW(c.query("SELECT 1", Params(65'536, 1)), std::invalid_argument);
    EXPECT_EQ(c.query("SELECT 1")[0].get<int>(0), 1);
}

}  // namespace
}  // namespace grove::postgres
