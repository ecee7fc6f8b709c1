// A start that does not come to an end: it obeys signals, and its time is limited.
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "hung_files.h"
#include "program.h"

namespace grove {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class HungStart : public HungFiles {
protected:
    /// One that has said nothing yet. @param children  that it has by then
    std::unique_ptr<RunningProgram> begin(std::size_t children) {
        auto program =
            std::make_unique<RunningProgram>(serve_command({file("grove.json")}), file("output"));
        children_ = children_once(program->pid(), children);
        return program;
    }

    std::vector<pid_t> children_;
};

// O-005
TEST_F(HungStart, ObeysSignalsAndSaysNothing) {
    for (const int number : {SIGTERM, SIGINT, SIGQUIT}) {
        for (const char* const name : {"grove.json", "cert.pem"}) {
            write();
            hang(name);
            const auto program = begin(1);
            EXPECT_EQ(threads_of(program->pid()), 1U);
            program->send_signal(number);
            EXPECT_EQ(program->wait(), 0) << name;
            EXPECT_FALSE(alive(children_[0]));
            EXPECT_THROW(program->read_error_line(), std::runtime_error) << "there is none";
        }
    }
}

// O-005
TEST_F(HungStart, GoesOnOnceTheWriterOfItsConfigurationHasCome) {
    const std::string text = R"({"listen": ["127.0.0.1:0"], "apps": [{"app": "hello"}]})";
    hang("grove.json");
    const auto program = begin(1);
    program->send_signal(SIGHUP);  // waits its turn
    release("grove.json", text);
    EXPECT_THAT(program->read_error_line(), StartsWith("grove: listening on http://127.0.0.1:"));
    EXPECT_THAT(program->read_error_line(), StartsWith("grove: master "));
    EXPECT_THAT(program->read_error_line(), EndsWith("reload: building the new configuration"));
    // The old worker's line may come before the master's.
    while (!program->read_error_line().ends_with("the old workers finish what is open")) {
    }
    program->send_signal(SIGQUIT);
    EXPECT_EQ(program->wait(), 0);
}

// O-005
TEST_F(HungStart, IsGivenUpWhenTheTimeOfItsConfigurationIsOver) {
    write(std::string{R"("timeouts": {"load": 0.5}, )"} + kTwoHellos);
    hang("key.pem");
    const ProgramResult result = run_program(serve_command({file("grove.json")}));
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.errors, "grove: the configuration was not loaded within 0.5 s: reading " +
                                 file("key.pem") + "\n");
}

// O-005
TEST_F(HungStart, OfWorkersIsGivenUpToo) {
    write(R"("workers": 2, "timeouts": {"load": 3},
             "apps": [{"app": "unruly", "config": {"hang": 1}}])");
    const ProgramResult result = run_program(serve_command({file("grove.json")}));
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(
        result.errors,
        StartsWith("grove: the workers were not ready within 3 s, which is timeouts.load: plugin "
                   "\"unruly\" for \"/\" (" +
                   file("grove.json") + ": /apps/0) is being loaded\n"));
    EXPECT_THAT(result.errors, HasSubstr(": stack: "));  // A-005
    EXPECT_THAT(result.errors, HasSubstr("pause"));
}

// O-005
TEST_F(HungStart, OfWorkersObeysSignals) {
    for (const int number : {SIGTERM, SIGQUIT}) {
        write(R"("workers": 2, "apps": [{"app": "unruly", "config": {"hang": 1}}])");
        const auto program = begin(2);
        program->send_signal(number);
        EXPECT_EQ(program->wait(), 0);
        for (const pid_t pid : children_) EXPECT_FALSE(alive(pid));
    }
}

}  // namespace
}  // namespace grove
