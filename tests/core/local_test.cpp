#include <grove/core/local.h>

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/detail/inherited_value.h>
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

/// A child has one less.
class Generation final : public detail::InheritedValue {
public:
    explicit Generation(int left) : left_{left} {}
    /// The running greenlet's; -1: it has none.
    static int of_running() {
        const auto* const value = detail::InheritedValue::of_running();
        return value != nullptr ? static_cast<const Generation*>(value)->left_ : -1;
    }

private:
    [[nodiscard]] std::unique_ptr<detail::InheritedValue> for_child() const override {
        return left_ > 0 ? std::make_unique<Generation>(left_ - 1) : nullptr;
    }
    int left_;
};

FAKE_CLOCK_TEST(InheritedValue, IsHandedOnWhenAGreenletIsMade) {
    Local<int> other;
    other.get() = 7;
    std::vector<int> seen;
    const auto see = [&] { seen.push_back(Generation::of_running()); };
    AnyGreenlet before = spawn(see);
    AnyGreenlet child;
    {
        Generation own{1};
        own.join_running();
        see();
        child = make_greenlet([&] {
            see();
            spawn(see).join();
        });
    }
    see();
    before.join();
    child.start();
    child.join();
    EXPECT_EQ(other.get(), 7);
    EXPECT_THAT(seen, ::testing::ElementsAre(1, -1, -1, 0, -1));
}

}  // namespace
}  // namespace grove
