// What applications count: names, and numbers of one process. A-055
#include <grove/http/counters.h>

#include <csignal>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "counter_table.h"
#include "used_counters.h"

namespace grove::http {
namespace {

std::unique_ptr<CounterTable> make_table() { return std::make_unique<CounterTable>(); }

CounterName named(std::string name, Labels labels = {}) {
    return {.name = std::move(name), .help = "x", .labels = std::move(labels)};
}

TEST(CounterTable, HasOnePlaceForANameWithItsLabelsInAnyOrder) {
    const auto table = make_table();
    EXPECT_EQ(table->find_or_add(named("mails_total")), 0U);
    EXPECT_EQ(table->find_or_add(named("mails_total", {{"to", "a"}, {"by", "b"}})), 1U);
    EXPECT_EQ(table->find_or_add(named("mails_total", {{"by", "b"}, {"to", "a"}})), 1U);
    EXPECT_EQ(table->find_or_add(named("mails_total", {{"by", "b"}, {"to", ""}})), 2U);
    EXPECT_EQ(table->find_or_add(named("mails_total")), 0U);
    EXPECT_EQ(table->size(), 3U);

    const CounterName second = table->at(1);
    EXPECT_EQ(second.name, "mails_total");
    EXPECT_EQ(second.help, "x");
    EXPECT_EQ(second.labels, (Labels{{"by", "b"}, {"to", "a"}}));
    EXPECT_EQ(table->at(2).labels, (Labels{{"by", "b"}, {"to", ""}}));
}

TEST(CounterTable, TakesWhatPrometheusTakes) {
    const auto table = make_table();
    for (const char* name : {"a", "_", "a:b", "A9", "grove", "groves_total"})
        EXPECT_NO_THROW(table->find_or_add(named(name))) << name;
    for (const char* value : {"", "\"\\", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "{}=,"})
        EXPECT_NO_THROW(table->find_or_add(named("b", {{"_l", value}}))) << value;
}

TEST(CounterTable, RefusesWhatAScrapeWouldBreakAt) {
    const auto table = make_table();
    for (const char* name : {"", "9a", "a b", "a-b", "a\n", "\xc3\xa4", "grove_a", "a{b=\"c\"}"})
        EXPECT_THROW(table->find_or_add(named(name)), std::invalid_argument) << name;
    for (const char* label : {"", "9a", "a:b", "__name__", "a b", "\xc3\xa4"}) {
        EXPECT_THROW(table->find_or_add(named("a", {{label, "v"}})), std::invalid_argument)
            << label;
    }
    for (const char* text : {"a\nb", "\x7f", "\t", "\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80",
                             "\xf4\x90\x80\x80", "\xe2\x82", "\x80"}) {
        EXPECT_THROW(table->find_or_add(named("a", {{"l", text}})), std::invalid_argument) << text;
        EXPECT_THROW(table->find_or_add({.name = "a", .help = text}), std::invalid_argument);
    }
    EXPECT_THROW(table->find_or_add(named("a", {{"l", std::string(1, '\0')}})),
                 std::invalid_argument);
    EXPECT_THROW(table->find_or_add(named("a", {{"l", "1"}, {"l", "2"}})), std::invalid_argument);
    EXPECT_THROW(table->find_or_add({.name = "a", .help = std::string(1001, 'x')}),
                 std::length_error);
    EXPECT_EQ(table->size(), 0U);
}

TEST(CounterTable, HasNoGaugeOfACountersName) {
    const auto table = make_table();
    table->find_or_add(named("a"));
    table->find_or_add({.is_gauge = true, .name = "b"});
    EXPECT_THROW(table->find_or_add({.is_gauge = true, .name = "a", .labels = {{"l", "v"}}}),
                 std::invalid_argument);
    EXPECT_THROW(table->find_or_add(named("b")), std::invalid_argument);
}

TEST(CounterTable, HasRoomFor256) {
    const auto table = make_table();
    for (std::size_t i = 0; i < CounterTable::kMost; ++i)
        EXPECT_EQ(table->find_or_add(named("a", {{"l", std::to_string(i)}})), i);
    EXPECT_THROW(table->find_or_add(named("b")), std::length_error);
    EXPECT_EQ(table->find_or_add(named("a", {{"l", "255"}})), 255U);
}

TEST(CounterTable, GivesThreadsThatComeAtOnceOnePlaceForOneName) {
    const auto table = make_table();
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int name = 0; name < 100; ++name)
                table->find_or_add(named("a" + std::to_string(name)));
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(table->size(), 100U);
}

TEST(CounterTable, IsReadWithinItsBoundsWhateverAProcessHasWrittenThere) {
    const auto table = make_table();
    std::memset(static_cast<void*>(table.get()), 'x', sizeof(CounterTable));
    EXPECT_EQ(table->size(), CounterTable::kMost);
    EXPECT_EQ(table->at(CounterTable::kMost - 1).name, std::string(1024, 'x'));
}

TEST(CounterTable, OutlivesAProcessThatIsKilledWhileItAddsOne) {
    void* const memory = ::mmap(nullptr, sizeof(CounterTable), PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    CounterTable& table = *new (memory) CounterTable;
    for (int i = 0; i < 200; ++i) table.find_or_add(named("a", {{"l", std::to_string(i)}}));
    for (int killed = 0; killed < 20; ++killed) {  // most of the time it has the lock
        const std::string own = "own_" + std::to_string(killed);
        const pid_t child = ::fork();
        if (child == 0) {
            for (;;) table.find_or_add(named(own));
        }
        while (table.size() == 200U + static_cast<std::size_t>(killed)) std::this_thread::yield();
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        EXPECT_EQ(table.find_or_add(named(own)), 200U + static_cast<std::size_t>(killed));
    }
    ::munmap(memory, sizeof(CounterTable));
}

/// The process's from here on: of one test, as the names stay.
struct Used {
    CounterTable table{};
    CounterValues values{};
};

TEST(Counter, OnlyGrowsAndAGaugeGoesBothWays) {
    static Used* const used = std::make_unique<Used>().release();
    use_counters(used->table, used->values);
    Counter mails = counter("mails_total", "Mails.", {{"to", "a"}});
    Gauge load = gauge("load", "Load.");
    mails.add();
    mails.add(0.5);
    for (const double bad : {-1.0, 0.0, std::numeric_limits<double>::infinity(),
                             std::numeric_limits<double>::quiet_NaN()})
        mails.add(bad);
    counter("mails_total", "other words", {{"to", "a"}}).add(2);
    load.set(5);
    load.add(-1.5);
    EXPECT_EQ(used->values.all[0], 3.5);
    EXPECT_EQ(used->values.all[1], 3.5);
    EXPECT_EQ(used->table.at(0).help, "Mails.");
    EXPECT_THROW(counter("load", "Load."), std::invalid_argument);

    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([mails]() mutable {
            for (int n = 0; n < 1000; ++n) mails.add();
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(used->values.all[0], 4003.5);

    Counter none;
    none.add();
    Gauge nothing;
    nothing.set(1);
    nothing.add(1);
    EXPECT_EQ(used->table.size(), 2U);
}

}  // namespace
}  // namespace grove::http
