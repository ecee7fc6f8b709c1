// leave_pool(): what lasts runs on without its slot, each kind within a bound of its own.
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/semaphore.h>
#include <grove/http/application.h>
#include <grove/http/metrics.h>
#include <grove/http/wsgi_options.h>
#include <grove/testing.h>

#include "greenlet_test.h"
#include "leave_pool.h"

namespace grove::test {
namespace {

using http::Lasting;
using ::testing::ElementsAre;
using ::testing::EndsWith;

struct Kind {
    Lasting as;
    std::size_t http::Limits::*limit;
    http::Tally http::ServerMetrics::*count;
    std::string_view told;
};

const std::vector<Kind> kKinds{
    {Lasting::kRequest, &http::Limits::detached, &http::ServerMetrics::detached,
     "limits.detached: 1 requests run without their slots already"},
    {Lasting::kEventStream, &http::Limits::event_streams, &http::ServerMetrics::event_streams,
     "limits.event_streams: 1 event streams are open already"},
    {Lasting::kWebSocket, &http::Limits::websockets, &http::ServerMetrics::websockets,
     "limits.websockets: 1 WebSockets are open already"}};

/// Servers that count together, as those of a worker do. Each serves one request.
struct LeavingPools {
    explicit LeavingPools(const http::Spawn& how = 1) { options.spawn = how; }

    /// The request leaves the pool as each of these, and waits for `go`.
    Greenlet<http::TestAnswer> ask(const std::vector<Lasting>& kinds) {
        return spawn([this, kinds] {
            return http::call(
                [&](http::Environ& environ, http::StartResponse& start) -> http::Body {
                    for (const Lasting kind : kinds) leave_pool(environ, kind);
                    left.release();
                    go.wait();
                    start("200 OK", {});
                    return "told";
                },
                {}, options);
        });
    }
    [[nodiscard]] std::vector<std::uint64_t> counts() const {
        return {metrics.pool_in_use.value(), metrics.slow.value(), metrics.detached.value(),
                metrics.event_streams.value(), metrics.websockets.value()};
    }

    Semaphore left{0};  // a permit for each request that has left
    Event go;
    http::ServerMetrics metrics;
    http::WsgiOptions options = [this] {
        http::WsgiOptions made;
        made.metrics = &metrics;
        return made;
    }();
};

GREENLET_TEST(LeavePool, HasABoundOfItsOwnForEachKind) {  // SSE-003, WS-006
    for (const Kind& kind : kKinds) {
        LeavingPools pools;
        pools.options.limits.*kind.limit = 1;
        auto first = pools.ask({kind.as, kind.as});  // the second time without an effect
        pools.left.acquire();
        EXPECT_EQ((pools.metrics.*kind.count).value(), 1U);
        EXPECT_EQ(pools.metrics.pool_in_use.value(), 0U);

        const http::TestAnswer refused = pools.ask({kind.as}).get();
        EXPECT_EQ(refused.status, 503);
        EXPECT_EQ(refused.body, "Service Unavailable");
        EXPECT_THAT(refused.errors, ElementsAre(EndsWith(kind.told)));
        EXPECT_EQ((pools.metrics.*kind.count).value(), 1U);
        for (const Kind& other : kKinds) {
            if (other.as == kind.as) continue;
            auto beside = pools.ask({other.as});
            pools.left.acquire();
            EXPECT_EQ((pools.metrics.*other.count).value(), 1U) << "has room";
            beside.kill();
        }

        pools.go.set();
        EXPECT_EQ(first.get().body, "told");
        EXPECT_THAT(pools.counts(), ElementsAre(0, 0, 0, 0, 0));
        EXPECT_EQ(pools.ask({kind.as}).get().body, "told") << "there is room again";
    }
}

GREENLET_TEST(LeavePool, CountsAsWhatItBecameLast) {  // SSE-003
    LeavingPools pools;
    auto asked = pools.ask({Lasting::kRequest, Lasting::kEventStream});
    pools.left.acquire();
    EXPECT_THAT(pools.counts(), ElementsAre(0, 0, 0, 1, 0));
    auto second = pools.ask({Lasting::kEventStream, Lasting::kRequest});
    pools.left.acquire();
    EXPECT_THAT(pools.counts(), ElementsAre(0, 0, 0, 2, 0)) << "it had no slot to give back";
    pools.go.set();
    EXPECT_EQ(asked.get().body, "told");
    EXPECT_EQ(second.get().body, "told");
    EXPECT_THAT(pools.counts(), ElementsAre(0, 0, 0, 0, 0));
}

GREENLET_TEST(LeavePool, CountsStreamsAndSocketsWhereThereAreNoSlots) {  // SSE-003
    LeavingPools pools{{}};
    pools.options.limits.detached = 0;
    pools.options.limits.websockets = 1;
    auto detached = pools.ask({Lasting::kRequest});
    auto stream = pools.ask({Lasting::kEventStream});
    auto socket = pools.ask({Lasting::kWebSocket});
    for (int i = 0; i < 3; ++i) pools.left.acquire();
    EXPECT_THAT(pools.counts(), ElementsAre(1, 0, 0, 1, 1));
    EXPECT_EQ(pools.ask({Lasting::kWebSocket}).get().status, 503);
    pools.go.set();
    EXPECT_EQ(detached.get().body, "told");
    EXPECT_EQ(stream.get().body, "told");
    EXPECT_EQ(socket.get().body, "told");
    EXPECT_THAT(pools.counts(), ElementsAre(0, 0, 0, 0, 0));
}

GREENLET_TEST(LeavePool, IsDecidedByTheGreenletThatServesAlone) {  // SSE-003
    const http::TestAnswer answer =
        http::call([](http::Environ& environ, http::StartResponse& start) -> http::Body {
            spawn([&environ] {
                EXPECT_THROW(leave_pool(environ, Lasting::kEventStream), std::logic_error);
            }).join();
            start("200 OK", {});
            return "told";
        });
    EXPECT_EQ(answer.body, "told");
}

}  // namespace
}  // namespace grove::test
