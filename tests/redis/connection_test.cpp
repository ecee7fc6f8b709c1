// C-065, against a real server
#include <grove/redis.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/errors.h>
#include <grove/core/greenlet.h>
#include <grove/core/timeout.h>
#include <grove/core/wait.h>

#include "greenlet_test.h"
#include "redis_server.h"

namespace grove::redis {
namespace {

using namespace std::chrono_literals;
using test::redis_server;
using ::testing::HasSubstr;
using ::testing::Not;

template <class F>
std::string code_of(F&& call) {
    try {
        call();
    } catch (const RedisError& error) {
        return std::string{error.code()};
    }
    return "none";
}

GREENLET_TEST(RedisConnection, GivesEachKindOfAnswer) {
    Connection c = Connection::open(redis_server->unix_url());
    EXPECT_EQ(c.command({"SET", "key", "value"}).text(), "OK");
    EXPECT_EQ(c.command({"GET", "key"}).text(), "value");
    EXPECT_TRUE(c.command({"GET", "no such key"}).nil());
    EXPECT_EQ(c.command({"INCRBY", "number", "-7"}).integer(), -7);
    const std::string bytes{"\0\r\n$3\xff", 7};
    c.command({"SET", "bytes", bytes});
    const Reply list = c.command({"MGET", "bytes", "no such key"});
    EXPECT_EQ(list.list().size(), 2U);
    EXPECT_EQ(list.list()[0].text(), bytes);
    EXPECT_TRUE(list.list()[1].nil());
    EXPECT_THROW(static_cast<void>(list.text()), std::logic_error);
    EXPECT_THROW(static_cast<void>(Reply{}.integer()), std::logic_error);
    EXPECT_THROW(static_cast<void>(Reply{}.list()), std::logic_error);
}

GREENLET_TEST(RedisConnection, StaysUsableAfterARefusal) {
    Connection c = Connection::open(redis_server->unix_url());
    c.command({"SET", "text", "value"});
    EXPECT_EQ(code_of([&] { c.command({"LPUSH", "text", "x"}); }), "WRONGTYPE");
    EXPECT_EQ(code_of([&] { c.command({"NONSENSE"}); }), "ERR");
    EXPECT_EQ(code_of([&] {
                  c.pipeline({{"SET", "a", "1"}, {"NONSENSE"}, {"SET", "b", "2"}});
              }),
              "ERR");
    EXPECT_EQ(c.command({"GET", "b"}).text(), "2");  // what stood behind it was done
    EXPECT_FALSE(c.closed());
    EXPECT_THROW(c.command({}), std::invalid_argument);
    for (const char* endless : {"SUBSCRIBE", "psubscribe", "Monitor"})
        EXPECT_THROW(c.command({endless, "x"}), std::invalid_argument);
    EXPECT_THROW(c.pipeline({{"PING"}, {"subscribe", "x"}}), std::invalid_argument);
    EXPECT_EQ(c.command({"PING"}).text(), "PONG");
}

GREENLET_TEST(RedisConnection, IsSharedByManyGreenlets) {
    Connection c = Connection::open(redis_server->url());
    std::vector<Greenlet<void>> callers;
    for (int i = 0; i < 500; ++i) {
        callers.push_back(spawn([&c, i] {
            const std::string key = "shared" + std::to_string(i);
            c.command({"SET", key, std::to_string(i)});
            EXPECT_EQ(c.command({"GET", key}).text(), std::to_string(i));
        }));
    }
    joinall(callers);
    for (const auto& caller : callers) EXPECT_TRUE(caller.successful());
}

GREENLET_TEST(RedisConnection, SendsAPipelineAtOnce) {
    Connection c = Connection::open(redis_server->url());
    std::vector<std::vector<std::string>> commands{{"DEL", "list"}};
    for (int i = 0; i < 1000; ++i) commands.push_back({"RPUSH", "list", std::to_string(i)});
    commands.push_back({"LRANGE", "list", "0", "-1"});
    const std::vector<Reply> replies = c.pipeline(commands);
    ASSERT_EQ(replies.size(), 1002U);
    EXPECT_EQ(replies.back().list().size(), 1000U);
    EXPECT_EQ(replies.back().list()[999].text(), "999");
    EXPECT_TRUE(c.pipeline({}).empty());
}

GREENLET_TEST(RedisConnection, CarriesLargeValues) {
    Connection c = Connection::open(redis_server->url());
    const std::string large(4 << 20, 'x');
    c.command({"SET", "large", large});
    EXPECT_EQ(c.command({"GET", "large"}).text(), large);
    c.command({"DEL", "large"});
}

GREENLET_TEST(RedisConnection, KeepsThePlaceOfACallerThatIsGone) {
    Connection c = Connection::open(redis_server->url());
    c.command({"DEL", "empty"});
    auto killed = spawn([&] { c.command({"BLPOP", "empty", "0.1"}); });
    sleep();
    EXPECT_THROW(c.command({"ECHO", "timed out"}, 1ms), Timeout);
    auto third = spawn([&] { return c.command({"ECHO", "third"}).text(); });
    sleep();
    killed.kill();
    EXPECT_EQ(c.command({"ECHO", "fourth"}).text(), "fourth");
    EXPECT_EQ(third.get(), "third");
    try {
        c.command({"BLPOP", "empty", "0.05"}, 1ms);
        ADD_FAILURE() << "it answered";
    } catch (const Timeout& thrown) {
        EXPECT_EQ(thrown.id(), 0U);
    }
    const TimeoutGuard guard{20s};
    EXPECT_EQ(c.pipeline({{"ECHO", "a"}, {"ECHO", "b"}}).back().text(), "b");
}

GREENLET_TEST(RedisConnection, LogsInAndSelectsADatabase) {
    Connection admin = Connection::open(redis_server->unix_url());
    admin.command({"ACL", "SETUSER", "ann", "on", ">p@ss/word", "~*", "&*", "+@all"});
    admin.command({"SET", "where", "zero"});
    Connection three = Connection::open(redis_server->url("ann:p%40ss%2fword@", "/3"));
    EXPECT_EQ(three.command({"ACL", "WHOAMI"}).text(), "ann");
    EXPECT_TRUE(three.command({"GET", "where"}).nil());
    try {
        Connection::open(redis_server->url("ann:wrong@"));
        ADD_FAILURE() << "it logged in";
    } catch (const RedisError& error) {
        EXPECT_EQ(error.code(), "WRONGPASS");
        EXPECT_THAT(error.what(), Not(HasSubstr("wrong@")));
    }
    EXPECT_EQ(code_of([&] { Connection::open(redis_server->url({}, "/99")); }), "ERR");
    admin.command({"ACL", "DELUSER", "ann"});
}

GREENLET_TEST(RedisConnection, SaysThatNobodyIsThere) {
    const std::string nobody = "redis://127.0.0.1:" + std::to_string(test::free_port());
    EXPECT_THROW(Connection::open(nobody), std::system_error);
    EXPECT_THROW(Connection::open("unix:/no/such/socket"), std::system_error);
}

GREENLET_TEST(RedisConnection, RefusesOtherUrlsWithoutRepeatingThem) {
    for (const std::string url :
         {"", "http://h", "redis://", "redis://:@h", "redis://secret@h", "redis://:secret%4@h",
          "redis://:secret@h:0", "redis://:secret@h:99999", "redis://:secret@h:x",
          "redis://:secret@h/x", "redis://:secret@[::1", "redis://:secret@[::1]x", "unix:relative",
          "unix:"}) {
        try {
            Connection::open(url);
            ADD_FAILURE() << url;
        } catch (const std::invalid_argument& error) {
            EXPECT_THAT(error.what(), Not(HasSubstr("secret"))) << url;
        }
    }
}

std::string id_of(Connection& c) { return std::to_string(c.command({"CLIENT", "ID"}).integer()); }

/// Returns once the server holds up the client by a command that blocks.
void await_blocked(Connection& admin, const std::string& id) {
    while (admin.command({"CLIENT", "LIST", "ID", id}).text().find(" cmd=blpop ") ==
           std::string::npos)
        sleep(1ms);
}

GREENLET_TEST(RedisConnection, TellsEveryCallerThatTheServerHasGone) {
    Connection c = Connection::open(redis_server->unix_url());
    Connection admin = Connection::open(redis_server->unix_url());
    const std::string id = id_of(c);
    auto first = spawn([&] { return code_of([&] { c.command({"BLPOP", "empty", "0"}); }); });
    auto second = spawn([&] { return code_of([&] { c.command({"PING"}); }); });
    await_blocked(admin, id);
    admin.command({"CLIENT", "KILL", "ID", id});
    EXPECT_EQ(first.get(), "");
    EXPECT_EQ(second.get(), "");
    EXPECT_TRUE(c.closed());
    EXPECT_EQ(code_of([&] { c.command({"PING"}); }), "");
}

GREENLET_TEST(RedisConnection, TellsItsCallersWhenItIsDestroyed) {
    auto c = std::make_unique<Connection>(Connection::open(redis_server->unix_url()));
    Connection admin = Connection::open(redis_server->unix_url());
    const std::string id = id_of(*c);
    auto waiting = spawn([&] { return code_of([&] { c->command({"BLPOP", "empty", "0"}); }); });
    await_blocked(admin, id);
    c.reset();
    EXPECT_EQ(waiting.get(), "");
}

GREENLET_TEST(RedisPool, LendsWhatIsOpenAlone) {
    Pool pool{redis_server->url(), {.size = 1}};
    Connection admin = Connection::open(redis_server->unix_url());
    const std::string first = id_of(*pool.acquire());
    EXPECT_EQ(id_of(*pool.acquire()), first);
    admin.command({"CLIENT", "KILL", "ID", first});
    while (!admin.command({"CLIENT", "LIST", "ID", first}).text().empty()) sleep(1ms);
    sleep();  // the pool's connection reads its end
    EXPECT_NE(id_of(*pool.acquire()), first);
}

// Those that wait in the line are handed what comes back as it is.
GREENLET_TEST(RedisPool, HandsNobodyAConnectionThatWasClosed) {
    Pool pool{redis_server->url(), {.size = 1}};
    Connection admin = Connection::open(redis_server->unix_url());
    std::optional<Pool::Lease> lease{pool.acquire()};
    std::vector<Greenlet<std::string>> waiting;
    for (int i = 0; i < 3; ++i) {
        waiting.push_back(spawn([&] { return pool.acquire()->command({"PING"}).text(); }));
        sleep();
    }
    admin.command({"CLIENT", "KILL", "ID", id_of(**lease)});
    EXPECT_EQ(code_of([&] { (*lease)->command({"BLPOP", "empty", "0"}); }), "");
    EXPECT_TRUE((*lease)->closed());
    lease.reset();
    for (auto& one : waiting) EXPECT_EQ(one.get(), "PONG");
}

GREENLET_TEST(RedisPool, HandsNobodyWhatBelongedToAnother) {
    using Commands = std::vector<std::vector<std::string>>;
    const std::vector<std::pair<Commands, bool>> rows{
        {{{"GET", "a"}}, true},
        {{{"MULTI"}}, false},
        {{{"multi"}, {"SET", "a", "1"}}, false},
        {{{"MULTI"}, {"SET", "a", "1"}, {"EXEC"}}, true},
        {{{"MULTI"}, {"Discard"}}, true},
        {{{"WATCH", "a"}}, false},
        {{{"WATCH", "a"}, {"MULTI"}, {"EXEC"}}, true},
        {{{"WATCH", "a"}, {"UNWATCH"}}, true},
        {{{"MULTI"}, {"UNWATCH"}}, false},
        {{{"SELECT", "3"}}, false},
        {{{"SELECT", "3"}, {"SELECT", "0"}}, false},
        {{{"AUTH", "default", "any"}}, false},
        {{{"CLIENT", "SETNAME", "mine"}}, false},
        {{{"CLIENT", "ID"}}, true},
        {{{"CLIENT"}}, true},
        {{{"RESET"}}, false},
        {{{"READONLY"}}, false},
    };
    for (const auto& [commands, lent] : rows) {
        Pool pool{redis_server->url({}, "/1"), {.size = 1}};
        {
            auto lease = pool.acquire();
            code_of([&] { lease->pipeline(commands); });
            EXPECT_EQ(lease->clean(), lent) << commands.front().front();
        }
        EXPECT_EQ(pool.idle(), lent ? 1U : 0U) << commands.front().front();
        EXPECT_EQ(pool.acquire()->command({"PING"}).text(), "PONG");
    }
}

GREENLET_TEST(RedisPool, HandsNobodyAConnectionThatOwesAnAnswer) {
    Pool pool{redis_server->url(), {.size = 1}};
    {
        auto lease = pool.acquire();
        EXPECT_TRUE(lease->clean());
        EXPECT_THROW(lease->command({"BLPOP", "empty", "0"}, 1ms), Timeout);
        EXPECT_FALSE(lease->clean());
    }
    EXPECT_EQ(pool.size(), 0U);
    EXPECT_EQ(pool.acquire()->command({"PING"}, 20s).text(), "PONG");
    EXPECT_EQ(pool.idle(), 1U);
}

}  // namespace
}  // namespace grove::redis
