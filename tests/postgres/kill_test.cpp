// C-008, C-060, C-063: callers that are killed at random points.
#include <grove/postgres.h>

#include <chrono>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include <grove/core/greenlet.h>

#include "greenlet_test.h"
#include "postgres_server.h"
#include "random_kills.h"

namespace grove::postgres {
namespace {

using namespace std::chrono_literals;
using test::postgres_server;

constexpr const char* kOthers =
    "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND "
    "pid <> pg_backend_pid()";

/// Two rows or none.
void insert_two(Connection& connection) {
    connection.transaction([&] {
        connection.execute("INSERT INTO killed VALUES (1)");
        connection.execute("INSERT INTO killed VALUES (1)");
    });
}

void copy_two(Connection& connection) {
    int left = 2;
    connection.copy_in("COPY killed FROM STDIN", [&]() -> std::optional<std::string> {
        sleep();
        return left-- > 0 ? std::optional<std::string>{"1\n"} : std::nullopt;
    });
}

void use(Connection& connection, unsigned kind) {
    switch (kind % 3) {
        case 0:
            return insert_two(connection);
        case 1:
            return copy_two(connection);
        default:
            EXPECT_EQ(connection.query("SELECT $1::int + 1", {6})[0].get<int>(0), 7);
    }
}

TEST(PostgresKills, LeaveNothingAtRandomPoints) {
    test::run_in_fresh_hub(
        [] {
            Connection watcher = Connection::open(postgres_server->conninfo());
            watcher.execute("DROP TABLE IF EXISTS killed");
            watcher.execute("CREATE TABLE killed (i int)");
            {
                Pool pool{postgres_server->conninfo(), {.size = 3}};
                unsigned next = 0;
                const auto use_one = [&] {
                    auto lease = pool.acquire();
                    use(*lease, next++);
                };
                // A connection takes some milliseconds.
                test::kill_at_random_points(use_one, test::kills() / 5);
                EXPECT_EQ(pool.in_use(), 0U);
                EXPECT_LE(pool.size(), 3U);
                EXPECT_EQ(pool.acquire(20s)->query("SELECT 1").size(), 1U);
            }
            while (watcher.query(kOthers)[0].get<int>(0) != 0) sleep(1ms);
            const Rows rows = watcher.query("SELECT count(*) % 2, count(*) > 0 FROM killed");
            EXPECT_EQ(rows[0].get<int>(0), 0) << "a transaction was done by halves";
            EXPECT_TRUE(rows[0].get<bool>(1));
            watcher.execute("DROP TABLE killed");
        },
        {.more_time = 3min});
}

}  // namespace
}  // namespace grove::postgres
