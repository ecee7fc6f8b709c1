// A-063: a configuration whose texts refer to the environment.
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config.h"
#include "config_error.h"
#include "read_config.h"
#include "temporary_folder.h"

namespace grove::http {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class ConfigEnvironment : public testing::Test {
protected:
    ConfigEnvironment() {
        ::setenv("GROVE_TEST_NUMBER", "3", 1);
        ::setenv("GROVE_TEST_TEXT", R"(a"b, \x)", 1);
        ::unsetenv("GROVE_TEST_NONE");
    }
    ~ConfigEnvironment() override {
        ::unsetenv("GROVE_TEST_NUMBER");
        ::unsetenv("GROVE_TEST_TEXT");
    }
    ConfigEnvironment(const ConfigEnvironment&) = delete;
    ConfigEnvironment& operator=(const ConfigEnvironment&) = delete;

    Config read(const std::string& text, const ConfigFlags& flags = {}) const {
        std::ofstream{file_, std::ios::binary} << text;
        return read_config(file_, flags);
    }

    // Without the file's name.
    std::vector<std::string> faults(const std::string& text) const {
        try {
            read(text);
            return {};
        } catch (const ConfigError& error) {
            std::vector<std::string> lines;
            for (const std::string& line : error.lines())
                lines.push_back(line.substr(file_.size() + 2));
            return lines;
        }
    }

    TemporaryFolder folder_;
    std::string file_ = (folder_.path() / "grove.json").string();
};

TEST_F(ConfigEnvironment, IsReadAsTheValueThatTheKeyWants) {
    const Config config = read(R"({
        "listen": [":${GROVE_TEST_NONE:-8000}", {"address": "unix:${GROVE_TEST_NUMBER}.sock"}],
        "workers": "${GROVE_TEST_NUMBER}", "pool": "${GROVE_TEST_NONE:-null}",
        "accept": "${GROVE_TEST_NONE:-shared}", "copy_plugins": "${GROVE_TEST_NONE:-false}",
        "apps": [{"app": "${GROVE_TEST_NONE:-hello}", "mount": "/${GROVE_TEST_NUMBER}"}],
        "timeouts": {"idle": "${GROVE_TEST_NONE:-1.5}", "request": "${GROVE_TEST_NUMBER}"},
        "limits": {"requests_per_ip": {"rate": "0${GROVE_TEST_NONE:-.5}", "burst": "${GROVE_TEST_NUMBER}0"}},
        "log": {"level": "${GROVE_TEST_NONE:-warn}"}, "server_name": "${GROVE_TEST_NUMBER}"
    })");

    ASSERT_EQ(config.listen.size(), 2U);
    EXPECT_EQ(config.listen[0].address, ":8000");
    EXPECT_EQ(config.listen[1].address, "unix:" + (folder_.path() / "3.sock").string());
    EXPECT_EQ(config.workers, 3U);
    EXPECT_EQ(config.pool, Limits::kUnbounded);
    EXPECT_EQ(config.accept, Accept::kShared);
    EXPECT_FALSE(config.copy_plugins);
    EXPECT_EQ(config.apps[0].app, "hello");
    EXPECT_EQ(config.apps[0].mount, "/3");
    EXPECT_EQ(config.timeouts.idle, 1500ms);
    EXPECT_EQ(config.timeouts.request, 3s);
    EXPECT_EQ(config.limits.requests_per_ip->rate, 0.5);
    EXPECT_EQ(config.limits.requests_per_ip->burst, 30);
    EXPECT_EQ(config.log.level, LogLevel::kWarn);
    EXPECT_EQ(config.server_name, "3");
}

TEST_F(ConfigEnvironment, IsAWordToo) {
    const std::string app = R"("apps": [{"app": "hello"}])";
    EXPECT_EQ(read(R"({"workers": "${GROVE_TEST_NONE:-auto}", )" + app + "}").workers,
              Config::kAutoWorkers);
    const Config proxied =
        read(R"({"listen": [{"address": ":1", "proxy_protocol": "${GROVE_TEST_NONE:-v2}"},)"
             R"( {"address": ":2", "proxy_protocol": "${GROVE_TEST_NONE:-true}"}],)"
             R"( "trusted_proxies": ["${GROVE_TEST_NONE:-unix}"], )" +
             app + "}");
    EXPECT_EQ(proxied.listen[0].proxy_protocol, ProxyProtocol::kV2);
    EXPECT_EQ(proxied.listen[1].proxy_protocol, ProxyProtocol::kAny);
    EXPECT_THAT(proxied.trusted_proxies, ElementsAre("unix"));
}

TEST_F(ConfigEnvironment, StaysATextInWhatIsAnApplicationsOwn) {
    const Config config = read(R"({"apps": [{"app": "hello", "config":
        {"n": "${GROVE_TEST_NUMBER}", "deep": [{"t": "${GROVE_TEST_TEXT}"}], "l": "$${x}", "${k}": 1}}]})");

    EXPECT_EQ(config.apps[0].config, R"({"n":"3","deep":[{"t":"a\"b, \\x"}],"l":"${x}","${k}":1})");
}

TEST_F(ConfigEnvironment, IsAFaultWhereItHasNoSuchNameOrNoSuchValue) {
    EXPECT_THAT(
        faults(
            R"({"listen": [":${GROVE_TEST_NONE}"], "workers": "${GROVE_TEST_NONE}", "pool": "${GROVE_TEST_TEXT}",
                   "backlog": "2", "copy_plugins": "${GROVE_TEST_NUMBER}",
                   "apps": [{"app": "hello", "mount": "${GROVE_TEST_NONE}", "config": {"a": ["${GROVE_TEST_NONE}"]}},
                            {"app": "${GROVE_TEST_NONE:-}"}]})"),
        ElementsAre(
            "/listen/0: the environment has no GROVE_TEST_NONE: set it, or give a "
            "default: ${GROVE_TEST_NONE:-default}",
            "/workers: the environment has no GROVE_TEST_NONE: set it, or give a "
            "default: ${GROVE_TEST_NONE:-default}",
            R"(/pool: is "${GROVE_TEST_TEXT}", must be a whole number from 1 to 2147483647, or null)",
            R"(/backlog: is "2", must be a whole number from 1 to 2147483647)",
            R"(/copy_plugins: is "${GROVE_TEST_NUMBER}", must be true or false)",
            "/apps/0/mount: the environment has no GROVE_TEST_NONE: set it, or give "
            "a default: ${GROVE_TEST_NONE:-default}",
            "/apps/0/config/a/0: the environment has no GROVE_TEST_NONE: set it, or give "
            "a default: ${GROVE_TEST_NONE:-default}",
            R"(/apps/1/app: is "${GROVE_TEST_NONE:-}", must be the name of a plugin, or a path with a "/" to its file)"));
}

// Faults are in the log, and are told over the control socket.
TEST_F(ConfigEnvironment, IsShownByNoFault) {
    ::setenv("GROVE_TEST_TEXT", "s3cret", 1);
    ::setenv("GROVE_TEST_NUMBER", "31415", 1);
    const auto is_refused_as = [](const std::string& pointer, const std::string& text) {
        return testing::StartsWith(pointer + ": is \"" + text + "\", must be ");
    };
    EXPECT_THAT(faults(R"({"listen": [{"address": "127.0.0.1:${GROVE_TEST_TEXT}"},
                              {"address": "unix:a", "mode": "${GROVE_TEST_TEXT}"}],
                   "trusted_proxies": ["${GROVE_TEST_TEXT}", "${GROVE_TEST_NUMBER}"],
                   "workers": "x${GROVE_TEST_TEXT}", "copy_plugins": "${GROVE_TEST_NUMBER}",
                   "apps": [{"app": "hello", "mount": "${GROVE_TEST_TEXT}"}],
                   "log": {"level": "${GROVE_TEST_TEXT}"}, "timeouts": "${GROVE_TEST_TEXT}"})"),
                ElementsAre(is_refused_as("/listen/0/address", "127.0.0.1:${GROVE_TEST_TEXT}"),
                            is_refused_as("/listen/1/mode", "${GROVE_TEST_TEXT}"),
                            is_refused_as("/trusted_proxies/0", "${GROVE_TEST_TEXT}"),
                            is_refused_as("/trusted_proxies/1", "${GROVE_TEST_NUMBER}"),
                            is_refused_as("/workers", "x${GROVE_TEST_TEXT}"),
                            is_refused_as("/copy_plugins", "${GROVE_TEST_NUMBER}"),
                            is_refused_as("/apps/0/mount", "${GROVE_TEST_TEXT}"),
                            is_refused_as("/log/level", "${GROVE_TEST_TEXT}"),
                            is_refused_as("/timeouts", "${GROVE_TEST_TEXT}")));
    EXPECT_THAT(faults(R"({"apps": [{"app": "hello"}], "server_name": 1,
                           "log": {"level": "${GROVE_TEST_NUMBER}"}, "listen": ["s3cret"]})"),
                testing::Contains(testing::HasSubstr("s3cret")))  // what the file has, it shows
        << "after what is of the environment, too";
}

TEST_F(ConfigEnvironment, IsNotAskedForWhatFlagsSay) {
    const ConfigFlags flags{.access_log = "/var/log/${GROVE_TEST_NONE}"};
    EXPECT_EQ(read(R"({"apps": [{"app": "hello"}]})", flags).log.access,
              "/var/log/${GROVE_TEST_NONE}");
}

}  // namespace
}  // namespace grove::http
