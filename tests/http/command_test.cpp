// The commands that applications add to the backdoor of their worker. C-073
#include <grove/http/command.h>

#include <chrono>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/errors.h>
#include <grove/core/event.h>
#include <grove/core/greenlet.h>

#include "command_lines.h"
#include "dump_lines.h"
#include "greenlet_test.h"

namespace grove::test {
namespace {

using http::command_lines;
using http::on_command;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using namespace std::chrono_literals;

struct ForgottenCommands {
    ~ForgottenCommands() { http::forget_commands(); }
};

void say_nothing(std::ostream&, std::string_view) {}

GREENLET_TEST(Command, AnswersWithTheLinesOfAllThatHaveItsNameInTheOrderOfTheirComing) {  // C-073
    const ForgottenCommands at_the_end;
    EXPECT_EQ(command_lines("count", ""), std::nullopt);
    int calls = 0;
    on_command("count", "counts", [&](std::ostream& out, std::string_view arguments) {
        out << ++calls << '[' << arguments << "]\n\nlast";
    });
    std::thread{[] {
        on_command("count", "counts, too", [](std::ostream& out, auto) { out << "second\n"; });
    }}.join();
    on_command("other", "", say_nothing);
    EXPECT_THAT(command_lines("count", "a b"),
                Optional(ElementsAre("1[a b]", "", "last", "second")));
    EXPECT_THAT(command_lines("count", ""), Optional(ElementsAre("2[]", "", "last", "second")));
    EXPECT_THAT(command_lines("other", ""), Optional(IsEmpty()));
    EXPECT_EQ(command_lines("coun", ""), std::nullopt);

    std::vector<std::string> help;
    for (const auto& [name, text] : http::commands_to_help()) help.push_back(name + ':' + text);
    EXPECT_THAT(help, ElementsAre("count:counts", "count:counts, too", "other:"));
}

TEST(Command, IsAddedByANameOfItsOwnAlone) {  // C-073
    const ForgottenCommands at_the_end;
    const std::string longest(32, 'x');
    for (const std::string& name : {std::string{"a"}, longest, std::string{"a-z_09"}})
        EXPECT_NO_THROW(on_command(name, "", say_nothing)) << name;
    for (const std::string& name :
         {std::string{}, longest + 'x', std::string{"A"}, std::string{"a b"}, std::string{"a\n"},
          std::string{"\xc3\xbc"}, std::string{"greenlet"}, std::string{"greenlets"},
          std::string{"help"}, std::string{"log"}, std::string{"pools"}, std::string{"quit"}})
        EXPECT_THROW(on_command(name, "", say_nothing), std::invalid_argument) << name;
    EXPECT_THROW(on_command("b", "", {}), std::invalid_argument);
    EXPECT_EQ(http::commands_to_help().size(), 3U);
}

GREENLET_TEST(Command, TellsWhatItThrows) {  // C-073
    const ForgottenCommands at_the_end;
    on_command("fail", "", [](std::ostream& out, auto) {
        out << "begun\n";
        throw std::runtime_error{"no more"};
    });
    on_command("fail", "", [](auto&, auto) { throw 42; });
    on_command("fail", "", [](auto&, auto) { throw GreenletExit{}; });
    on_command("fail", "", [](std::ostream& out, auto) { out << "others go on"; });
    EXPECT_THAT(command_lines("fail", ""),
                Optional(ElementsAre("begun", "on_command: failed: std::runtime_error: no more",
                                     "on_command: failed: int",
                                     "on_command: failed: grove::GreenletExit", "others go on")));
}

GREENLET_TEST(Command, IsCutAtOneMebibyteInAll) {  // C-073
    const ForgottenCommands at_the_end;
    on_command("fill", "", [](std::ostream& out, auto) {
        out << std::string(http::kMostDumpBytes - 3, 'x') << '\n';
    });
    on_command("fill", "", [](std::ostream& out, auto) { out << "12345"; });
    const auto lines = command_lines("fill", "");
    ASSERT_TRUE(lines);
    ASSERT_EQ(lines->size(), 3U);
    EXPECT_EQ((*lines)[0].size(), http::kMostDumpBytes - 3);
    EXPECT_EQ((*lines)[1], "12");
    EXPECT_EQ((*lines)[2], "on_command: the rest is cut, there is more than 1 MiB");
}

FAKE_CLOCK_TEST(Command, IsEndedAfterASecondIfItBlocks) {  // C-073
    const ForgottenCommands at_the_end;
    on_command("wait", "", [](std::ostream& out, auto) {
        out << "waits\n";
        Event{}.wait();
    });
    EXPECT_THAT(command_lines("wait", ""),
                Optional(ElementsAre("waits", "on_command: failed: it took longer than a second")));
}

GREENLET_TEST(Command, EndsWithTheGreenletThatAsksForIt) {  // C-073
    const ForgottenCommands at_the_end;
    Event never;
    bool entered = false;
    bool left = false;
    on_command("wait", "", [&](auto&, auto) {
        struct Leaves {
            bool& left;
            ~Leaves() { left = true; }
        } const leaves{left};
        entered = true;
        never.wait();
    });
    bool returned = false;
    const auto asks = spawn([&] {
        command_lines("wait", "");
        returned = true;
    });
    while (!entered) sleep();
    asks.kill();
    EXPECT_FALSE(returned);
    EXPECT_TRUE(left) << "the function has ended before";
}

GREENLET_TEST(Command, IsKeptWhileItRunsAndGoesWhenItIsForgotten) {  // C-073
    const auto kept = std::make_shared<int>(1);
    Event go_on;
    on_command("keep", "", [kept, &go_on](std::ostream& out, auto) {
        go_on.wait();
        out << *kept;
    });
    EXPECT_EQ(kept.use_count(), 2);
    const auto asks = spawn([] { return command_lines("keep", ""); });
    sleep();
    sleep();  // it runs in a greenlet of that one
    http::forget_commands();
    EXPECT_EQ(kept.use_count(), 2);
    EXPECT_EQ(command_lines("keep", ""), std::nullopt);
    go_on.set();
    EXPECT_THAT(asks.get(), Optional(ElementsAre("1")));
    EXPECT_EQ(kept.use_count(), 1);
    EXPECT_THAT(http::commands_to_help(), IsEmpty());
}

}  // namespace
}  // namespace grove::test
