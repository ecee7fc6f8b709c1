// A mount's own pool: its requests wait for it, and hold no slot of the server's meanwhile. A-030
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/semaphore.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "served_application.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;

/// Answers below /own, whose pool has that many permits, wait for `go`; all others are given at once.
struct OwnPool {
    explicit OwnPool(int permits) : pool{std::make_shared<Semaphore>(permits)} {}

    http::Application application() {
        return [this](http::Environ& environ, http::StartResponse& start) {
            const std::string path{environ["PATH_INFO"]};
            if (path == "/own/detached") environ.release_slot();
            if (path.starts_with("/own")) {
                ++running;
                struct Runs {
                    int& count;
                    ~Runs() { --count; }
                } const runs{running};
                go.wait();
            }
            served.push_back(path);
            start("200 OK", {});
            return http::Body{path};
        };
    }
    http::WsgiOptions options() {
        http::WsgiOptions options;
        options.spawn = 3;
        options.metrics = &metrics;
        options.mounts = {{.path = "/own", .pool = pool}};
        return options;
    }

    std::shared_ptr<Semaphore> pool;
    Event go;
    int running = 0;
    std::vector<std::string> served;
    http::ServerMetrics metrics;
};

std::unique_ptr<Client> asking(const ServedApplication& served, std::string_view target) {
    auto client = std::make_unique<Client>(served.address());
    client->send(get(target));
    let_the_hub_turn();
    return client;
}

FAKE_CLOCK_TEST(MountPool, HoldsBackItsOwnRequestsAlone) {
    OwnPool own{2};
    ServedApplication served{own.application(), own.options()};
    std::vector<std::unique_ptr<Client>> clients;
    for (const char* target : {"/own/1", "/own/2", "/own/3", "/own/4"})
        clients.push_back(asking(served, target));
    EXPECT_EQ(own.running, 2);
    EXPECT_EQ(own.metrics.pool_in_use.value(), 2U);
    EXPECT_EQ(served.server.requests().size(), 4U);

    const auto began = now();
    EXPECT_EQ(served.ask(get("/else")).body, "/else");
    EXPECT_EQ(now(), began) << "at once";

    own.go.set();
    for (const auto& client : clients) EXPECT_EQ(client->answer().status, 200);
    let_the_hub_turn();
    EXPECT_EQ(own.pool->counter(), 2);
    EXPECT_EQ(own.metrics.pool_in_use.value(), 0U);
}

FAKE_CLOCK_TEST(MountPool, ServesInTheOrderOfArrival) {
    OwnPool own{1};
    http::WsgiOptions options = own.options();
    options.spawn = 1;
    ServedApplication served{own.application(), options};
    std::vector<std::unique_ptr<Client>> clients;
    for (const char* target : {"/own/1", "/own/2", "/a", "/own/3", "/b", "/own/4"}) {
        clients.push_back(asking(served, target));
        sleep(1ms);
    }
    own.go.set();
    for (const auto& client : clients) EXPECT_EQ(client->answer().status, 200);
    std::vector<std::string> others;
    std::vector<std::string> of_mount;
    for (const std::string& path : own.served)
        (path.starts_with("/own") ? of_mount : others).push_back(path);
    EXPECT_THAT(of_mount, ElementsAre("/own/1", "/own/2", "/own/3", "/own/4"));
    EXPECT_THAT(others, ElementsAre("/a", "/b"));
}

// A connection's next request waits as any other does.
FAKE_CLOCK_TEST(MountPool, HoldsBackTheNextRequestOfAConnection) {
    OwnPool own{1};
    ServedApplication served{own.application(), own.options()};
    const auto first = asking(served, "/own/1");
    Client second{served.address()};
    second.send(get("/a") + get("/own/2") + get("/b"));
    EXPECT_EQ(second.brief(), "200 /a");
    let_the_hub_turn();
    EXPECT_EQ(own.running, 1);
    EXPECT_EQ(own.metrics.pool_in_use.value(), 1U);
    own.go.set();
    EXPECT_EQ(first->brief(), "200 /own/1");
    EXPECT_EQ(second.brief(), "200 /own/2");
    EXPECT_EQ(second.brief(), "200 /b");
    let_the_hub_turn();
    EXPECT_EQ(own.pool->counter(), 1);
}

// Nor does a body hold a permit that is received first.
FAKE_CLOCK_TEST(MountPool, IsNotTakenByWhoAwaitsABody) {  // A-030, O-070
    OwnPool own{1};
    ServedApplication served{own.application(), own.options()};
    Client slow{served.address()};
    slow.send("POST /own/1 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na");
    const auto other = asking(served, "/own/2");
    EXPECT_EQ(own.running, 1);
    slow.send("b");
    let_the_hub_turn();
    EXPECT_EQ(own.running, 1);
    own.go.set();
    EXPECT_EQ(other->brief(), "200 /own/2");
    EXPECT_EQ(slow.brief(), "200 /own/1");
}

FAKE_CLOCK_TEST(MountPool, IsWaitedForAsLongAsARequestMayTake) {
    OwnPool own{1};
    http::WsgiOptions options = own.options();
    options.mounts[0].timeouts.request = 5s;
    ServedApplication served{own.application(), options};
    const auto first = asking(served, "/own/1");
    sleep(2s);
    const auto second = asking(served, "/own/2");
    const auto third = asking(served, "/own/3");
    const auto began = now();
    EXPECT_EQ(first->answer().status, 503);
    EXPECT_EQ(now() - began, 3s);
    // The second has the permit now, and no more time than is left; so it is with the third.
    EXPECT_EQ(second->answer().status, 503);
    EXPECT_EQ(third->answer().status, 503);
    EXPECT_EQ(now() - began, 5s);
    let_the_hub_turn();
    EXPECT_EQ(own.running, 0);
    EXPECT_EQ(own.pool->counter(), 1);
    own.go.set();
    EXPECT_EQ(served.ask(get("/own/4")).status, 200);
}

FAKE_CLOCK_TEST(MountPool, IsGivenBackHoweverARequestEnds) {
    for (const bool after_the_wake : {false, true}) {
        OwnPool own{1};
        AnyGreenlet handler;
        ServedApplication served{[&](http::Environ&, http::StartResponse& start) {
                                     handler = getcurrent();
                                     own.go.wait();
                                     start("200 OK", {});
                                     return http::Body{"told"};
                                 },
                                 own.options()};
        const auto killed = asking(served, "/own/1");
        const auto gone = asking(served, "/own/2");
        const auto last = asking(served, "/own/3");
        gone->reset();  // while it waits: it leaves the line
        if (after_the_wake) own.go.set();
        handler.kill(GreenletExit{}, false);
        let_the_hub_turn();
        own.go.set();
        EXPECT_EQ(killed->answer().status, after_the_wake ? 200 : 503);
        EXPECT_EQ(last->brief(), "200 told");
        last->close();
        killed->close();
        EXPECT_TRUE(served.quiet());
        EXPECT_EQ(own.pool->counter(), 1);
    }
}

// The application does not run for nobody. So it is in the line for a slot of the server's, where a request holds what
// it has of its mount's pool.
FAKE_CLOCK_TEST(MountPool, IsNotWaitedForByClientsThatWereReset) {
    for (const int slots : {3, 1}) {
        OwnPool own{slots == 1 ? 5 : 1};
        http::WsgiOptions options = own.options();
        options.spawn = slots;
        ServedApplication served{own.application(), options};
        const auto first = asking(served, "/own/1");
        for (const char* target : {"/own/2", "/own/3", "/own/4"}) asking(served, target)->reset();
        const auto last = asking(served, "/own/5");
        EXPECT_EQ(own.running, 1);
        EXPECT_EQ(served.server.requests_running(), 2U);
        EXPECT_EQ(own.pool->counter(), slots == 1 ? 3 : 0);
        own.go.set();
        EXPECT_EQ(first->brief(), "200 /own/1");
        EXPECT_EQ(last->brief(), "200 /own/5");
        EXPECT_THAT(own.served, ElementsAre("/own/1", "/own/5"));
        first->close();
        last->close();
        EXPECT_TRUE(served.quiet());
        EXPECT_EQ(own.pool->counter(), slots == 1 ? 5 : 1);
        EXPECT_EQ(served.access_lines.size(), 5U);
        EXPECT_THAT(served.access_lines, Contains("0 GET /own/3 HTTP/1.1"));
    }
}

// The reset comes with the request's last bytes, by one event.
FAKE_CLOCK_TEST(MountPool, IsNotWaitedForByAClientThatAsksAndIsReset) {
    OwnPool own{1};
    ServedApplication served{own.application(), own.options()};
    const auto first = asking(served, "/own/1");
    const auto gone = asking(served, "/a");
    EXPECT_EQ(gone->brief(), "200 /a");
    gone->send(get("/own/2"));
    gone->reset();
    let_the_hub_turn();
    EXPECT_EQ(served.server.requests_running(), 1U);
    own.go.set();
    EXPECT_EQ(first->brief(), "200 /own/1");
    first->close();
    EXPECT_TRUE(served.quiet());
    EXPECT_THAT(own.served, ElementsAre("/a", "/own/1"));
    EXPECT_EQ(own.pool->counter(), 1);
}

// Who has only finished sending may read.
FAKE_CLOCK_TEST(MountPool, IsWaitedForByAClientThatSendsNoMore) {
    OwnPool own{1};
    ServedApplication served{own.application(), own.options()};
    const auto first = asking(served, "/own/1");
    const auto second = asking(served, "/own/2");
    second->finish_sending();
    let_the_hub_turn();
    own.go.set();
    EXPECT_EQ(first->brief(), "200 /own/1");
    EXPECT_EQ(second->brief(), "200 /own/2");
}

FAKE_CLOCK_TEST(MountPool, IsLeftByAStop) {  // A-030, S-013
    OwnPool own{1};
    ServedApplication served{own.application(), own.options()};
    const auto first = asking(served, "/own/1");
    const auto second = asking(served, "/own/2");
    served.server.stop(1s);
    EXPECT_EQ(first->answer().status, 503);
    EXPECT_EQ(second->answer().status, 503);
    EXPECT_EQ(own.pool->counter(), 1);
    EXPECT_EQ(own.pool->waiting(), 0U);
}

// There was a permit for it, which it did not learn of any more.
FAKE_CLOCK_TEST(MountPool, IsLeftByAStopAfterTheWake) {  // A-030, S-013
    OwnPool own{1};
    ASSERT_TRUE(own.pool->acquire(false));
    ServedApplication served{own.application(), own.options()};
    const auto waits = asking(served, "/own/1");
    own.pool->release();
    served.server.stop(Duration::zero());
    EXPECT_EQ(waits->answer().status, 503);
    let_the_hub_turn();
    EXPECT_EQ(own.pool->counter(), 1);
    EXPECT_EQ(own.running, 0);
}

// The server goes, and the pool stays: nothing of the one is left in the line of the other.
FAKE_CLOCK_TEST(MountPool, OutlivesItsServer) {
    OwnPool own{1};
    ASSERT_TRUE(own.pool->acquire(false));
    {
        ServedApplication served{own.application(), own.options()};
        const auto waits = asking(served, "/own/1");
        EXPECT_EQ(own.pool->waiting(), 1U);
    }
    EXPECT_EQ(own.pool->waiting(), 0U);
    own.pool->release();
    EXPECT_TRUE(own.pool->acquire(false));
}

// Nobody overtakes those who wait at another server.
FAKE_CLOCK_TEST(MountPool, MayBeOneForSeveralServers) {
    OwnPool own{1};
    ServedApplication one{own.application(), own.options()};
    ServedApplication other{own.application(), own.options()};
    const auto first = asking(one, "/own/1");
    const auto second = asking(other, "/own/2");
    EXPECT_EQ(own.running, 1);
    first->send(get("/own/3"));  // which is there when the first is answered
    own.go.set();
    EXPECT_EQ(first->brief(), "200 /own/1");
    EXPECT_EQ(second->brief(), "200 /own/2");
    EXPECT_EQ(first->brief(), "200 /own/3");
    EXPECT_THAT(own.served, ElementsAre("/own/1", "/own/2", "/own/3"));
}

FAKE_CLOCK_TEST(MountPool, IsGivenBackWithTheSlot) {
    for (const bool bounded : {true, false}) {
        OwnPool own{1};
        http::WsgiOptions options = own.options();
        if (!bounded) options.spawn = {};
        ServedApplication served{own.application(), options};
        const auto detached = asking(served, "/own/detached");
        EXPECT_EQ(own.running, 1);
        EXPECT_EQ(own.pool->counter(), 1);
        EXPECT_EQ(own.metrics.detached.value(), 1U) << bounded;
        const auto other = asking(served, "/own/2");
        EXPECT_EQ(own.running, 2);
        own.go.set();
        EXPECT_EQ(detached->brief(), "200 /own/detached");
        EXPECT_EQ(other->brief(), "200 /own/2");
        let_the_hub_turn();
        EXPECT_EQ(own.pool->counter(), 1);
        EXPECT_EQ(own.metrics.detached.value(), 0U);
        EXPECT_EQ(own.metrics.pool_in_use.value(), 0U);
    }
}

/// A pool that is made anew by another thread, so that whatever takes of it throws.
class ThrowingPool {
public:
    ThrowingPool() { slot_->emplace(1); }
    ~ThrowingPool() {
        over_.set_value();
        if (other_.joinable()) other_.join();
    }
    ThrowingPool(const ThrowingPool&) = delete;
    ThrowingPool& operator=(const ThrowingPool&) = delete;

    [[nodiscard]] std::shared_ptr<Semaphore> get() const { return {slot_, &**slot_}; }
    void throw_from_here_on() {
        slot_->reset();
        other_ = std::thread{[this] {
            slot_->emplace(1);
            made_.set_value();
            over_.get_future().wait();
            slot_->reset();
        }};
        made_.get_future().wait();
    }

private:
    std::shared_ptr<std::optional<Semaphore>> slot_ = std::make_shared<std::optional<Semaphore>>();
    std::promise<void> made_;
    std::promise<void> over_;
    std::thread other_;
};

GREENLET_TEST(MountPool, OfAnotherThreadIsRefusedWhenTheServerIsMade) {
    ThrowingPool pool;
    pool.throw_from_here_on();
    http::WsgiOptions options;
    options.mounts = {{.path = "/own", .pool = pool.get()}};
    try {
        const http::WsgiServer server{"127.0.0.1:0", say_hello(), options};
        ADD_FAILURE() << "it was made";
    } catch (const std::invalid_argument& error) {
        EXPECT_STREQ(error.what(),
                     "mounts: the pool of \"/own\" was made in another thread than its server");
    }
}

// Whoever is refused for it counts no longer: a server that went with such a count would abort.
GREENLET_TEST(MountPool, ThatThrowsHasItsRequestRefusedAndForgotten) {
    ThrowingPool pool;
    http::WsgiOptions options;
    options.mounts = {{.path = "/own", .pool = pool.get()}};
    options.limits.body_buffer = 1024;
    ServedApplication served{say_hello(), options};
    EXPECT_EQ(served.ask(get("/own")).status, 200);
    pool.throw_from_here_on();
    EXPECT_EQ(served.ask(get("/own")).status, 503);
    Client slow{served.address()};  // it counts since its head
    slow.send("POST /own HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na");
    let_the_hub_turn();
    EXPECT_EQ(served.server.requests_running(), 1U);
    slow.send("b");
    EXPECT_EQ(slow.answer().status, 503);
    EXPECT_EQ(served.server.requests_running(), 0U);
    Client second{served.address()};  // in the greenlet that has served the first
    second.send(get() + get("/own"));
    EXPECT_EQ(second.answer().status, 200);
    EXPECT_EQ(second.answer().status, 503);
    EXPECT_EQ(served.ask(get()).status, 200);
    EXPECT_EQ(served.server.requests_running(), 0U);
    EXPECT_THAT(served.errors, Contains(::testing::HasSubstr("Semaphore::acquire()")));
}

// An answer that is ready waits for its client without either.
FAKE_CLOCK_TEST(MountPool, IsNotHeldForASlowReader) {  // A-030, O-071
    OwnPool own{1};
    ServedApplication served{[](http::Environ& environ, http::StartResponse& start) {
                                 start("200 OK", {});
                                 return environ["PATH_INFO"] == "/own/much"
                                            ? http::Body{std::string(24'000'000, 'x')}
                                            : http::Body{"told"};
                             },
                             own.options()};
    const auto slow = asking(served, "/own/much");
    EXPECT_EQ(own.pool->counter(), 1);
    EXPECT_EQ(served.ask(get("/own/2")).body, "told");
    slow->reset();
}

}  // namespace
}  // namespace grove::test
