#include <grove/core/detail/tls_ticket_keys.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace grove {
namespace {

using namespace std::chrono_literals;
using Clock = TlsTicketKeys::Clock;

struct TicketKeys : testing::Test {
    Clock::time_point now{};
    TlsTicketKeys keys{1h, [this] { return now; }};
};

TEST_F(TicketKeys, StayForTheirLifeAndAreFoundForAnother) {
    const TlsTicketKeys::Key first = keys.current();
    now += 1h - 1ns;
    EXPECT_EQ(keys.current().name, first.name);

    now += 1ns;
    EXPECT_NE(keys.current().name, first.name);
    EXPECT_NE(keys.current().cipher, first.cipher);
    EXPECT_NE(keys.current().mac, first.mac);
    ASSERT_NE(keys.find(first.name), nullptr);
    EXPECT_EQ(keys.find(first.name)->cipher, first.cipher);
    EXPECT_EQ(keys.find(first.name)->mac, first.mac);

    now += 1h;
    EXPECT_EQ(keys.find(first.name), nullptr);
}

// O-044
TEST_F(TicketKeys, AreFoundForAsLongAsTheyAreToBeKept) {
    const TlsTicketKeys::Key first = keys.current();
    keys.keep(2h + 1s);
    keys.keep(1s);  // another server's
    now += 4h - 1ns;
    ASSERT_NE(keys.find(first.name), nullptr);
    EXPECT_EQ(keys.find(first.name)->cipher, first.cipher);
    EXPECT_EQ(keys.find(TlsTicketKeys::Name{}), nullptr);
    now += 1ns;
    EXPECT_EQ(keys.find(first.name), nullptr);
}

// What the kernel says of the memory at `address`, as letters: "dd" for one that no core has.
std::string flags_of(const void* address) {
    const auto at = reinterpret_cast<std::uintptr_t>(address);
    std::ifstream maps{"/proc/self/smaps"};
    bool there = false;
    for (std::string line; std::getline(maps, line);) {
        std::uintptr_t begin = 0;
        std::uintptr_t end = 0;
        char dash = 0;
        std::istringstream range{line};
        if (range >> std::hex >> begin >> dash >> end && dash == '-')
            there = begin <= at && at < end;
        if (there && line.starts_with("VmFlags:")) return line.substr(8) + ' ';
    }
    return "";
}

// O-079
TEST_F(TicketKeys, AreInNoCore) {
    const TlsTicketKeys::Key& current = keys.current();
    const TlsTicketKeys::Name first = current.name;
    EXPECT_NE(flags_of(&current).find(" dd "), std::string::npos) << flags_of(&current);
    now += 1h;
    keys.current();
    EXPECT_NE(flags_of(keys.find(first)).find(" dd "), std::string::npos);
    const int ordinary = 0;
    EXPECT_EQ(flags_of(&ordinary).find(" dd "), std::string::npos);
    EXPECT_NE(flags_of(&ordinary), "");
}

TEST_F(TicketKeys, FindNothingUnderAnotherName) {
    EXPECT_EQ(keys.find(TlsTicketKeys::Name{}), nullptr);
    EXPECT_EQ(keys.find(TlsTicketKeys{}.current().name), nullptr);
}

TEST_F(TicketKeys, AreOthersForCipherAndMac) {
    const TlsTicketKeys::Key key = keys.current();
    EXPECT_NE(key.cipher, key.mac);
    EXPECT_NE(std::string(key.cipher.begin(), key.cipher.begin() + 16),
              std::string(key.name.begin(), key.name.end()));
}

// Many lives without a look are many steps.
TEST_F(TicketKeys, AreTheSameInAForkedProcessAlsoAfterTheyChanged) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    now += 5h;
    if (child == 0) {
        now += 2h;
        const TlsTicketKeys::Key& key = keys.current();
        ::_exit(::write(ends[1], &key, sizeof key) == sizeof key ? 0 : 1);
    }
    keys.current();
    now += 1h;
    keys.current();
    now += 1h;

    TlsTicketKeys::Key theirs;
    ASSERT_EQ(::read(ends[0], &theirs, sizeof theirs), static_cast<ssize_t>(sizeof theirs));
    ::waitpid(child, nullptr, 0);
    ::close(ends[0]);
    ::close(ends[1]);
    EXPECT_EQ(keys.current().name, theirs.name);
    EXPECT_EQ(keys.current().cipher, theirs.cipher);
    EXPECT_EQ(keys.current().mac, theirs.mac);
}

}  // namespace
}  // namespace grove
