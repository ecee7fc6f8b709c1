// A-061: `grove reload`, `stop`, `status` and `top`, of a server that runs.
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "program.h"
#include "supervised.h"

namespace grove {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kNamed =
    R"("workers": 2, "pid_file": "grove.pid", "apps": [{"app": "hello"}])";

class Operate : public Supervised {
protected:
    ProgramResult ask(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), GROVE_TEST_BINARY);
        return run_program(arguments);
    }
    ProgramResult ask(const char* command) const { return ask({command, file("grove.json")}); }

    json status() const {
        const ProgramResult result = ask({"status", file("grove.json"), "--json"});
        EXPECT_EQ(result.exit_code, 0) << result.errors;
        return json::parse(result.output);
    }
};

TEST_F(Operate, ReloadTellsThatItIsDone) {
    const auto server = serve(kNamed);
    EXPECT_EQ(status().at("generation"), 1);
    EXPECT_EQ(status().at("reload"), nullptr);

    const ProgramResult result = ask("reload");

    EXPECT_EQ(result.exit_code, 0) << result.errors;
    EXPECT_EQ(result.output, "reloaded\n");
    const json after = status();
    EXPECT_EQ(after.at("generation"), 2);
    EXPECT_EQ(after.at("reload").at("successful"), true);
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
}

TEST_F(Operate, ReloadTellsWhyNothingIsChanged) {
    const auto server = serve(kNamed);
    configuration(R"("pid_file": "grove.pid", "pool": "many", "apps": [{"app": "hello"}])");

    const ProgramResult result = ask("reload");

    EXPECT_EQ(result.exit_code, 1);
    EXPECT_EQ(result.output, "");
    EXPECT_THAT(result.errors, StartsWith("grove: reload: nothing is changed: "));
    EXPECT_THAT(result.errors, HasSubstr("/pool: is "));
    const json after = status();
    EXPECT_EQ(after.at("generation"), 1);
    EXPECT_EQ(after.at("reload").at("successful"), false);
    EXPECT_THAT(after.at("reload").at("why").at(0).get<std::string>(), HasSubstr("/pool: is "));
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
    EXPECT_EQ(ask("stop").exit_code, 0);  // also with a configuration that has faults
}

TEST_F(Operate, StopWaitsForTheEnd) {
    for (const bool now : {false, true}) {
        const auto server = serve(kNamed);
        ASSERT_TRUE(fs::exists(file("grove.pid")));
        ASSERT_TRUE(fs::is_socket(file("grove.sock")));
        std::vector<std::string> arguments{"stop", file("grove.json")};
        if (now) arguments.emplace_back("--now");

        const ProgramResult result = ask(arguments);

        EXPECT_EQ(result.exit_code, 0) << result.errors;
        EXPECT_EQ(result.output, "stopped\n");
        line_with(*server,
                  now ? "stop: at once (SIGQUIT)" : "stop: what runs is answered (SIGTERM)");
        EXPECT_EQ(server->program.wait(), 0);
        EXPECT_FALSE(fs::exists(file("grove.pid")));
        EXPECT_FALSE(fs::exists(file("grove.sock")));
    }
}

TEST_F(Operate, StatusShowsMasterAndWorkers) {
    const auto server = serve(kNamed);
    const json found = status();
    EXPECT_EQ(found.at("master"), server->program.pid());
    EXPECT_EQ(found.at("state"), "serving");
    std::vector<pid_t> pids;
    for (const json& worker : found.at("workers")) {
        pids.push_back(worker.at("pid"));
        EXPECT_EQ(worker.at("state"), "ready");
        EXPECT_EQ(worker.at("crew"), "current");
        EXPECT_EQ(worker.at("in_flight"), 0);
    }
    EXPECT_THAT(pids, testing::UnorderedElementsAreArray(server->workers()));

    for (const char* const command : {"status", "top"}) {  // which has no terminal
        const ProgramResult result = ask(command);
        EXPECT_EQ(result.exit_code, 0) << result.errors;
        EXPECT_THAT(result.output, StartsWith("master " + std::to_string(server->program.pid()) +
                                              ": serving, generation 1, since "));
        for (const pid_t pid : pids)
            EXPECT_THAT(result.output, HasSubstr(std::to_string(pid) + "  ready "));
    }
}

TEST_F(Operate, SaysThatNothingRuns) {
    configuration(kNamed);
    struct Row {
        const char* command;
        int exit_code;
    };
    for (const Row& row : {Row{"status", 3}, Row{"reload", 1}, Row{"stop", 1}, Row{"top", 1}}) {
        const ProgramResult result = ask(row.command);
        EXPECT_EQ(result.exit_code, row.exit_code) << row.command;
        EXPECT_EQ(result.output, "") << row.command;
        EXPECT_EQ(result.errors,
                  "grove: no server of " + file("grove.json") + " runs that could be asked\n");
    }
}

TEST_F(Operate, FindsNobodyByAFileThatAKilledMasterLeft) {
    const auto server = serve(kNamed);
    server->program.send_signal(SIGKILL);
    EXPECT_EQ(server->program.wait(), -SIGKILL);
    EXPECT_TRUE(fs::exists(file("grove.pid")));
    EXPECT_EQ(ask("status").exit_code, 3);

    const auto next = serve(kNamed);
    EXPECT_EQ(status().at("master"), next->program.pid());
}

TEST_F(Operate, FindsTheFileThatAFlagNames) {
    const Serving server{serve_command({configuration(kNamed), "--pid-file", file("other.pid")}),
                         file("output")};
    EXPECT_FALSE(fs::exists(file("grove.pid")));
    EXPECT_EQ(ask("status").exit_code, 3);
    EXPECT_EQ(ask({"status", "--pid-file", file("other.pid")}).exit_code, 0);
}

TEST_F(Operate, ASecondMasterRefusesAFileThatIsHeld) {
    const auto server = serve(kNamed);
    const ProgramResult second = run_program(serve_command({file("grove.json")}));
    EXPECT_EQ(second.exit_code, 1);
    EXPECT_THAT(second.errors,
                HasSubstr("grove: pid_file: \"" + file("grove.pid") + "\" is held by process " +
                          std::to_string(server->program.pid())));
    EXPECT_EQ(status().at("master"), server->program.pid());
}

TEST_F(Operate, SaysThatTheFileHasNoNameInThisEnvironment) {
    configuration(
        R"("pid_file": "${GROVE_TEST_NONE}.pid", "pool": "many", "apps": [{"app": "hello"}])");
    for (const char* const command : {"status", "reload", "stop", "top"}) {
        const ProgramResult result = ask(command);
        EXPECT_EQ(result.exit_code, 2) << command;
        EXPECT_EQ(result.output, "") << command;
        EXPECT_EQ(result.errors, file("grove.json") +
                                     ": /pid_file: the environment has no GROVE_TEST_NONE, must "
                                     "have it, or there must be a default: "
                                     "${GROVE_TEST_NONE:-default}\n")
            << command;
    }
}

TEST_F(Operate, ANullFileIsNone) {
    const auto server = serve(R"("pid_file": null, "apps": [{"app": "hello"}])");
    EXPECT_EQ(ask("status").exit_code, 3);
}

}  // namespace
}  // namespace grove
