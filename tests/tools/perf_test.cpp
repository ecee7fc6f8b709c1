// A-064: perf on a worker that serves.
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.h"
#include "supervised.h"

namespace grove {
namespace {

using testing::ContainsRegex;

constexpr const char* kPerf = "/usr/bin/perf";

class Perf : public Supervised {
protected:
    void SetUp() override {
        if (!std::filesystem::exists(kPerf)) GTEST_SKIP() << kPerf << " is not installed";
        const ProgramResult tried =
            run_program({kPerf, "record", "-e", "cpu-clock:u", "-o", file("tried"), "--",
                         "/bin/bash", "-c", "for ((i = 0; i < 100000; ++i)); do :; done"});
        if (tried.exit_code != 0) GTEST_SKIP() << "perf may not be used here: " << tried.errors;
        // perf 6.12 takes none where /sys is not mounted, and says that it has recorded.
        const ProgramResult seen =
            run_program({kPerf, "report", "-i", file("tried"), "--stdio", "--sort", "comm"});
        if (seen.output.find("bash") == std::string::npos) {
            GTEST_SKIP() << "perf takes no samples here, not even of a busy shell: "
                         << tried.errors;
        }
    }
};

// O-031
TEST_F(Perf, NamesThePluginsFramesWithoutCopies) {
    const auto server = serve(R"("copy_plugins": false, "apps": [{"app": "debugged"}])");
    // It records from just before its command to the command's end.
    const ProgramResult recorded = run_program(
        {kPerf, "record", "-e", "cpu-clock:u", "-F", "200", "-o", file("data"), "-p",
         std::to_string(server->workers()[0]), "--", "/bin/bash", "-c",
         "exec 3<>/dev/tcp/127.0.0.1/$0; printf 'GET /work HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3",
         std::to_string(server->port)});
    ASSERT_EQ(recorded.exit_code, 0) << recorded.errors;
    ASSERT_THAT(recorded.output, ContainsRegex("debugged"));

    const ProgramResult report =
        run_program({kPerf, "report", "-i", file("data"), "--stdio", "--sort", "dso,symbol"});
    EXPECT_THAT(report.output, ContainsRegex("debugged\\.so +\\[\\.\\].*debugged_work"));
}

}  // namespace
}  // namespace grove
