// C-008, C-065: callers that are killed at random points.
#include <grove/redis.h>

#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <grove/core/greenlet.h>

#include "greenlet_test.h"
#include "random_kills.h"
#include "redis_server.h"

namespace grove::redis {
namespace {

using namespace std::chrono_literals;
using test::redis_server;

/// How many the server has, the asking one apart.
std::size_t clients_of_server(Connection& admin) {
    const std::string all = admin.command({"CLIENT", "LIST"}, 20s).text();
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), '\n')) - 1;
}

TEST(RedisKills, LeaveTheOthersTheirAnswers) {
    test::run_in_fresh_hub(
        [] {
            Connection c = Connection::open(redis_server->unix_url());
            const auto id = c.command({"CLIENT", "ID"}).integer();
            int next = 0;
            test::kill_at_random_points([&] {
                const std::string mine = std::to_string(next++);
                EXPECT_EQ(c.command({"ECHO", mine}, 20s).text(), mine);
                EXPECT_EQ(c.pipeline({{"PING"}, {"ECHO", mine}}, 20s).back().text(), mine);
            });
            EXPECT_EQ(c.command({"ECHO", "last"}, 20s).text(), "last");
            EXPECT_EQ(c.command({"CLIENT", "ID"}, 20s).integer(), id);
            EXPECT_TRUE(c.clean());
        },
        {.more_time = 1min});
}

TEST(RedisKills, LeaveNoConnectionOfAPool) {
    test::run_in_fresh_hub(
        [] {
            Connection admin = Connection::open(redis_server->unix_url());
            {
                Pool pool{redis_server->unix_url(), {.size = 3}};
                test::kill_at_random_points(
                    [&] { EXPECT_EQ(pool.acquire()->command({"PING"}, 20s).text(), "PONG"); });
                EXPECT_EQ(pool.in_use(), 0U);
                EXPECT_LE(pool.size(), 3U);
                EXPECT_EQ(pool.acquire(5s)->command({"PING"}, 20s).text(), "PONG");
            }
            while (clients_of_server(admin) != 0) sleep(1ms);
        },
        {.more_time = 1min});
}

TEST(RedisKills, LeaveNoSubscription) {
    test::run_in_fresh_hub(
        [] {
            Connection admin = Connection::open(redis_server->unix_url());
            test::kill_at_random_points([&] {
                Subscription news = Subscription::open(redis_server->unix_url(), {"killed"}, 20s);
                admin.command({"PUBLISH", "killed", "x"}, 20s);
                EXPECT_EQ(news.next(20s).text, "x");
            });
            while (clients_of_server(admin) != 0) sleep(1ms);
        },
        {.more_time = 1min});
}

}  // namespace
}  // namespace grove::redis
