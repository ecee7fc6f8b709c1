// C-008, C-057: greenlets with a lease, killed at random points: in the line, while one is opened, asked or used.
#include <grove/pool/connection_pool.h>

#include <chrono>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include <grove/core/greenlet.h>

#include "fake_connection.h"
#include "greenlet_test.h"
#include "random_kills.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using test::FakeConnection;

constexpr std::size_t kSize = 3;

void take_turns(int turns) {
    for (; turns != 0; --turns) sleep();
}

TEST(ConnectionPoolKills, LeaveNothingAtRandomPoints) {
    test::run_in_fresh_hub(
        [] {
            test::Ledger ledger;
            int asked = 0;
            int used = 0;
            ConnectionPool<FakeConnection> pool{{.size = kSize},
                                                [&] {
                                                    FakeConnection opened{ledger};
                                                    take_turns(2);
                                                    return opened;
                                                },
                                                [&](FakeConnection&) {
                                                    take_turns(1);
                                                    return ++asked % 5 != 0;
                                                }};
            test::kill_at_random_points([&] {
                auto lease = pool.acquire();
                EXPECT_LE(pool.size(), kSize);
                take_turns(2);
                if (++used % 7 == 0) lease.drop();
            });
            EXPECT_EQ(pool.in_use(), 0U);
            EXPECT_EQ(pool.size(), static_cast<std::size_t>(ledger.open()));
            std::vector<ConnectionPool<FakeConnection>::Lease> all;
            for (std::size_t i = 0; i < kSize; ++i) all.push_back(pool.acquire(5s));
            EXPECT_THROW(pool.acquire(0ms), Timeout) << "no place was lost, and none was gained";
            all.clear();
            pool.close();
            EXPECT_EQ(ledger.open(), 0);
        },
        {.more_time = 1min});
}

}  // namespace
}  // namespace grove
