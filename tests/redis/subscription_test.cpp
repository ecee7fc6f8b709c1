// C-065: pub/sub on a connection of its own.
#include <grove/redis.h>

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <grove/core/errors.h>
#include <grove/core/greenlet.h>
#include <grove/core/timeout.h>

#include "greenlet_test.h"
#include "redis_server.h"

namespace grove::redis {
namespace {

using namespace std::chrono_literals;
using test::redis_server;

GREENLET_TEST(RedisSubscription, GivesWhatOthersPublish) {
    Subscription news = Subscription::open(redis_server->url(), {"a", "b"});
    Connection c = Connection::open(redis_server->unix_url());
    EXPECT_EQ(c.command({"PUBLISH", "b", "one"}).integer(), 1);  // confirmed when open() returned
    c.command({"PUBLISH", "elsewhere", "x"});
    c.command({"PUBLISH", "a", "two"});
    const Message first = news.next(20s);
    EXPECT_EQ(first.channel, "b");
    EXPECT_EQ(first.text, "one");
    EXPECT_EQ(news.next(20s).text, "two");
    try {
        news.next(1ms);
        ADD_FAILURE() << "there was nothing";
    } catch (const Timeout& thrown) {
        EXPECT_EQ(thrown.id(), 0U);
    }
}

GREENLET_TEST(RedisSubscription, ChangesItsChannelsWhileOneWaits) {
    Subscription news = Subscription::open(redis_server->url(), {"a"});
    Connection c = Connection::open(redis_server->unix_url());
    auto waiting = spawn([&] { return news.next(20s).text; });
    sleep();
    news.subscribe("late");
    EXPECT_EQ(c.command({"PUBLISH", "late", "came"}).integer(), 1);
    EXPECT_EQ(waiting.get(), "came");
    news.unsubscribe("late");
    EXPECT_EQ(c.command({"PUBLISH", "late", "again"}).integer(), 0);
    auto killed = spawn([&] { news.next(); });
    sleep();
    killed.kill();
    c.command({"PUBLISH", "a", "kept"});
    EXPECT_EQ(news.next(20s).text, "kept");
}

GREENLET_TEST(RedisSubscription, GivesWhatCameAndThenTellsOfTheEnd) {
    Subscription news = Subscription::open(redis_server->url(), {"a"});
    Connection c = Connection::open(redis_server->unix_url());
    c.command({"PUBLISH", "a", "last"});
    EXPECT_EQ(c.command({"CLIENT", "KILL", "TYPE", "pubsub"}).integer(), 1);
    EXPECT_EQ(news.next(20s).text, "last");
    EXPECT_THROW(news.next(20s), RedisError);
}

GREENLET_TEST(RedisSubscription, ReadsNoMoreThanItKeeps) {
    Subscription news = Subscription::open(redis_server->url(), {"flood"});
    Connection c = Connection::open(redis_server->unix_url());
    for (int round = 0; round < 12; ++round) {
        std::vector<std::vector<std::string>> commands;
        for (int i = 0; i < 1000; ++i)
            commands.push_back({"PUBLISH", "flood", std::to_string(round * 1000 + i)});
        c.pipeline(commands);
    }
    for (int i = 0; i < 12'000; ++i) ASSERT_EQ(news.next(20s).text, std::to_string(i));
    c.pipeline({{"PUBLISH", "flood", "x"}});  // and it may be destroyed with some unread
}

// The confirmation stands behind more messages than are kept, and who awaits it is the one that would take them.
GREENLET_TEST(RedisSubscription, ChangesItsChannelsThoughItsReaderIsBehind) {
    Subscription news = Subscription::open(redis_server->url(), {"flood"});
    Connection c = Connection::open(redis_server->unix_url());
    const std::vector<std::vector<std::string>> round(6'000, {"PUBLISH", "flood", "x"});
    for (int rounds = 0; rounds < 2; ++rounds) c.pipeline(round);
    {
        const TimeoutGuard guard{20s};
        news.subscribe("late");
        c.pipeline(round);
        news.unsubscribe("flood");
    }
    c.command({"PUBLISH", "late", "last"});
    for (int i = 0; i < 18'000; ++i) ASSERT_EQ(news.next(20s).text, "x");
    EXPECT_EQ(news.next(20s).text, "last");
}

GREENLET_TEST(RedisSubscription, TellsWhoAwaitsAConfirmationWhenItIsDestroyed) {
    Connection c = Connection::open(redis_server->unix_url());
    auto news = std::make_unique<Subscription>(Subscription::open(redis_server->url(), {"a"}));
    auto waiting = spawn([&] { news->subscribe("b"); });
    sleep();
    news.reset();
    waiting.join();
    EXPECT_THROW(waiting.get(), RedisError);
}

}  // namespace
}  // namespace grove::redis
