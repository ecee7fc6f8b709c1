// A-064: the built binary under valgrind's memcheck, which must know the greenlets' stacks and find nothing.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "program.h"
#include "supervised.h"

namespace grove {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Valgrind : public Supervised {
protected:
    void SetUp() override {
        if (run_program({"/bin/sh", "-c", "command -v valgrind"}).exit_code != 0)
            GTEST_SKIP() << "valgrind is not installed";
#if defined(__clang__)
        const std::string grove = serve_command({}).front();
        if (run_program({"/usr/bin/env", "valgrind", grove, "--version"}).exit_code != 0)
            GTEST_SKIP() << "this valgrind cannot read what Clang writes for debuggers";
#endif
    }

    /// `grove serve` under memcheck; each process has a report of its own.
    std::unique_ptr<Serving> serve(const std::string& members) const {
        std::vector<std::string> command{"/usr/bin/env", "valgrind",
                                         "--log-file=" + file("memcheck.%p")};
        for (std::string& word : serve_command({configuration(members)}))
            command.push_back(std::move(word));
        return std::make_unique<Serving>(command, file("output"));
    }

    void expect_clean_reports() const {
        const std::vector<std::string> all = reports();
        EXPECT_GE(all.size(), 2U) << "of the master and its worker";
        for (const std::string& report : all) {
            EXPECT_THAT(report, HasSubstr("ERROR SUMMARY: 0 errors"));
            EXPECT_THAT(report, Not(HasSubstr("switching stacks")));
        }
    }

    std::vector<std::string> reports() const {
        std::vector<std::string> all;
        for (const auto& entry : std::filesystem::directory_iterator{folder_.path()}) {
            if (!entry.path().filename().string().starts_with("memcheck.")) continue;
            std::ifstream report{entry.path()};
            all.emplace_back(std::istreambuf_iterator{report}, std::istreambuf_iterator<char>{});
        }
        return all;
    }
};

// O-032
TEST_F(Valgrind, FindsNothingInAServerWhosePluginsThrowAndSleep) {
    std::filesystem::create_directory(file("site"));
    std::ofstream{file("site/page.html")} << std::string(100'000, 'p');
    const auto server = serve(R"("timeouts": {"request": 1}, "apps": [{"app": "hello"},
        {"app": "static", "mount": "/files", "config": {"root": "site"}},
        {"app": "unruly", "mount": "/unruly"}])");
    for (int i = 0; i < 3; ++i) {
        EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
        EXPECT_THAT(server->get("/files/page.html"), EndsWith("ppp"));
        EXPECT_THAT(server->ask("GET /files/page.html HTTP/1.1", "Range: bytes=1-3\r\n"),
                    EndsWith("\r\n\r\nppp"));
        EXPECT_THAT(server->get("/files/none"), StartsWith("HTTP/1.1 404 "));
        EXPECT_THAT(server->ask("POST /unruly/ HTTP/1.1", "Content-Length: 4\r\n", "body"),
                    EndsWith("bodyunruly\n"));
        EXPECT_THAT(server->get("/unruly/throw"), StartsWith("HTTP/1.1 500 "));
    }
    EXPECT_THAT(server->get("/unruly/sleep"), StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);

    expect_clean_reports();
}

// O-032, O-020: whoever looks through a stack reads what nobody has written.
TEST_F(Valgrind, FindsNothingInTheStackOfABlockedThread) {
    more_log_ = R"(, "blocking": 0.01)";
    const auto server = serve(R"("apps": [{"app": "blocker"}])");
    server->get("/sleep/a?1");
    line_with(*server, "has been kept");
    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);
    expect_clean_reports();
}

}  // namespace
}  // namespace grove
