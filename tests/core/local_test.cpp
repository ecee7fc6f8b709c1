#include <grove/core/local.h>

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/greenlet.h>

#include "fake_clock.h"
#include "greenlet_test.h"

namespace grove {
namespace {

using namespace std::chrono_literals;

FAKE_CLOCK_TEST(Local, GivesEachGreenletItsOwnValue) {
    Local<std::string> name;
    name.get() = "main's";
    auto other = spawn([&] {
        EXPECT_EQ(name.get(), "");
        name.get() = "other's";
        sleep(1ms);
        EXPECT_EQ(name.get(), "other's");
    });
    sleep();
    EXPECT_EQ(name.get(), "main's");
    other.join();
    name.reset();
    EXPECT_EQ(name.get(), "");
}

FAKE_CLOCK_TEST(Local, DestroysAValueWithItsGreenletBeforeTheLinks) {
    const auto counted = std::make_shared<int>(7);
    Local<std::shared_ptr<int>> local{[&] { return counted; }};
    auto greenlet = spawn([&] { return *local.get(); });
    long in_link = 0;
    greenlet.rawlink([&](const AnyGreenlet&) { in_link = counted.use_count(); });
    EXPECT_EQ(greenlet.get(), 7);
    sleep();
    EXPECT_EQ(in_link, 1);
}

FAKE_CLOCK_TEST(Local, DestroysAllItsValuesWhenItGoes) {
    const auto counted = std::make_shared<int>(7);
    auto local = std::make_unique<Local<std::shared_ptr<int>>>(
        [copy = std::weak_ptr{counted}] { return copy.lock(); });
    std::vector<Greenlet<void>> greenlets;
    for (int i = 0; i < 3; ++i) {
        greenlets.push_back(spawn([&] {
            local->get();
            sleep(2ms);
        }));
    }
    local->get();
    sleep(1ms);
    EXPECT_EQ(counted.use_count(), 5);
    local.reset();
    EXPECT_EQ(counted.use_count(), 1);
    for (auto& greenlet : greenlets) greenlet.join();
}

FAKE_CLOCK_TEST(Local, TriesAgainAfterItsFactoryThrew) {
    int attempts = 0;
    Local<int> local{[&] {
        if (++attempts == 1) throw 1;
        return 5;
    }};
    EXPECT_THROW(local.get(), int);
    EXPECT_EQ(local.get(), 5);
}

}  // namespace
}  // namespace grove
