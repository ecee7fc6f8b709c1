// conf/apps.json as it ships, behind nginx, which is another user. O-079
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "program.h"
#include "running_program.h"
#include "serving.h"
#include "temporary_folder.h"

namespace grove {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kNginx = "/usr/sbin/nginx";

void replace(std::string& text, const std::string& what, const std::string& with) {
    const std::size_t at = text.find(what);
    ASSERT_NE(at, text.npos) << what;
    text.replace(at, what.size(), with);
}

std::string answer_at(const std::string& socket, const std::string& target) {
    const PlainClient client{socket};
    client.send("GET " + target + " HTTP/1.0\r\nHost: a.org\r\n\r\n");
    return client.read_to_end();
}

class Proxied : public testing::Test {
protected:
    void SetUp() override {
        fs::permissions(folder_.path(), fs::perms{0755});
        const fs::path shipped =
            fs::path{GROVE_TEST_BINARY}.parent_path().parent_path() / "share/grove/conf";
        std::ifstream stream{shipped / "apps.json"};
        std::string text{std::istreambuf_iterator<char>{stream}, {}};
        replace(text, "/run/grove", folder_.path().string());  // what a test may use
        replace(text, "127.0.0.1:9000", "127.0.0.1:0");
        std::ofstream{file("apps.json")} << text;
        fs::copy(shipped / "www", file("www"));
        grove_ =
            std::make_unique<RunningProgram>(serve_command({file("apps.json")}), file("output"));
        while (grove_->read_error_line().find("grove: listening on unix:") != 0) {
        }
    }
    std::string file(const char* name) const { return (folder_.path() / name).string(); }

    TemporaryFolder folder_;
    std::unique_ptr<RunningProgram> grove_;
};

TEST_F(Proxied, AppsAreServedAsTheyShip) {
    EXPECT_THAT(answer_at(file("grove.sock"), "/"), HasSubstr("<title>grove</title>"));
    EXPECT_THAT(answer_at(file("grove.sock"), "/api/echo/a"), HasSubstr("\"path\":\"/a\""));
    const ProgramResult checked = run_program({GROVE_TEST_BINARY, "check", file("apps.json")});
    EXPECT_EQ(checked.exit_code, 0) << checked.errors;
    EXPECT_THAT(checked.errors, testing::Not(HasSubstr("/listen")));
}

TEST_F(Proxied, AppsAreReachedByAnotherUsersNginx) {
    if (::access(kNginx, X_OK) != 0) GTEST_SKIP() << "there is no nginx";
    if (::geteuid() != 0) GTEST_SKIP() << "only root's nginx has workers of another user";
    std::ofstream{file("nginx.conf")}
        << "user www-data; daemon off; pid " << file("nginx.pid") << "; error_log "
        << file("nginx.log")
        << ";\nevents {}\nhttp { access_log off; server { listen unix:" << file("front.sock")
        << ";\nlocation / { proxy_pass http://unix:" << file("grove.sock")
        << ":; proxy_set_header X-Forwarded-For 192.0.2.7; } } }\n";
    RunningProgram nginx{{kNginx, "-p", folder_.path().string(), "-c", file("nginx.conf")},
                         file("nginx-output")};
    for (const auto end = std::chrono::steady_clock::now() + 20s; !fs::exists(file("nginx.pid"));) {
        ASSERT_LT(std::chrono::steady_clock::now(), end);
        std::this_thread::sleep_for(1ms);
    }
    EXPECT_THAT(answer_at(file("front.sock"), "/"), HasSubstr("<title>grove</title>"));
    EXPECT_THAT(answer_at(file("front.sock"), "/api/echo/a"),
                AllOf(HasSubstr("\"path\":\"/a\""), HasSubstr("\"remote_addr\":\"192.0.2.7\"")));
    nginx.send_signal(SIGTERM);
    nginx.wait();
}

}  // namespace
}  // namespace grove
