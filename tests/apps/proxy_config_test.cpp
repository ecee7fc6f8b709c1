// What the configuration of a proxy means, and what is no configuration (C-050).
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/proxy/proxy_config.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::string url_of(const std::string& upstream) {
    return read_proxy_config(R"({"upstreams": [")" + upstream + R"("]})").upstreams.at(0).url;
}

std::string fault_of(const std::string& config) {
    try {
        read_proxy_config(config);
    } catch (const std::exception& fault) {
        return fault.what();
    }
    return "no fault";
}

TEST(ProxyConfig, HasDefaults) {
    const ProxyConfig config = read_proxy_config(R"({"upstreams": ["127.0.0.1:9000"]})");
    EXPECT_EQ(config.upstreams.size(), 1U);
    EXPECT_EQ(config.upstreams.at(0).name, "127.0.0.1:9000");
    EXPECT_EQ(config.keepalive, 32U);
    EXPECT_FALSE(config.strip);
    EXPECT_EQ(config.host_rule, HostRule::kKeep);
    EXPECT_EQ(config.connect, 2s);
    EXPECT_EQ(config.first_byte, 30s);
    EXPECT_EQ(config.idle, 60s);
    EXPECT_EQ(config.retries, 1U);
}

TEST(ProxyConfig, HasWhatIsWritten) {
    const ProxyConfig config = read_proxy_config(R"({
        "upstreams": ["a:1", "b:2"], "keepalive": 0, "strip": true, "host": "app.test:81", "retries": 0,
        "timeouts": {"connect": 0.5, "first_byte": null, "idle": 86400}})");
    EXPECT_EQ(config.upstreams.size(), 2U);
    EXPECT_EQ(config.keepalive, 0U);
    EXPECT_TRUE(config.strip);
    EXPECT_EQ(config.host_rule, HostRule::kFixed);
    EXPECT_EQ(config.host, "app.test:81");
    EXPECT_EQ(config.connect, 500ms);
    EXPECT_EQ(config.first_byte, std::nullopt);
    EXPECT_EQ(config.idle, 24h);
    EXPECT_EQ(config.retries, 0U);
    EXPECT_EQ(read_proxy_config(R"({"upstreams": ["a:1"], "host": "upstream"})").host_rule,
              HostRule::kUpstream);
}

TEST(ProxyConfig, KnowsUpstreamsByAddressSocketAndUrl) {
    EXPECT_EQ(url_of("127.0.0.1:9000"), "http://127.0.0.1:9000");
    EXPECT_EQ(url_of("[::1]:9000"), "http://[::1]:9000");
    EXPECT_EQ(url_of("app_1.test:65535"), "http://app_1.test:65535");
    EXPECT_EQ(url_of("unix:/run/app.sock"), "http://unix:/run/app.sock:");
    EXPECT_EQ(url_of("http://app.test"), "http://app.test");
    EXPECT_EQ(url_of("https://app.test:8443"), "https://app.test:8443");
}

TEST(ProxyConfig, RefusesOtherUpstreams) {
    for (const char* upstream : {"",
                                 "app.test",
                                 "127.0.0.1:",
                                 "127.0.0.1:0",
                                 "127.0.0.1:65536",
                                 "127.0.0.1:80x",
                                 ":80",
                                 "a b:80",
                                 "[::1]",
                                 "[]:80",
                                 "[::1:80",
                                 "unix:run/app.sock",
                                 "unix:",
                                 "unix:/",
                                 "unix:/a?b",
                                 "unix:/a:/b",
                                 "unix:/a b",
                                 "http://",
                                 "http://a/b",
                                 "http://a?b",
                                 "https://u@a",
                                 "ftp://a",
                                 "http://a:b"}) {
        EXPECT_THAT(fault_of(std::string{R"({"upstreams": [")"} + upstream + R"("]})"),
                    HasSubstr("must have HOST:PORT, unix:/PATH"))
            << upstream;
    }
    EXPECT_THAT(fault_of(R"({"upstreams": ["unix:/)" + std::string(200, 'a') + R"("]})"),
                HasSubstr("must have HOST:PORT"))
        << "too long for a socket";
}

TEST(ProxyConfig, NamesTheKeyOfAFaultAndWhatIsAllowed) {
    const auto beside = [](const std::string& member) {
        return fault_of(R"({"upstreams": ["a:1"], )" + member + "}");
    };
    EXPECT_THAT(fault_of("{}"), HasSubstr("\"upstreams\" must be a list of 1 to 256 texts"));
    EXPECT_THAT(fault_of(R"({"upstreams": []})"), HasSubstr("a list of 1 to 256 texts"));
    EXPECT_THAT(fault_of(R"({"upstreams": [1]})"), HasSubstr("a list of texts"));
    EXPECT_THAT(fault_of("[]"), HasSubstr("\"proxy\" must be an object"));
    EXPECT_THAT(beside(R"("keepalive": -1)"), HasSubstr("\"keepalive\" must be a number from 0"));
    EXPECT_THAT(beside(R"("keepalive": 10001)"), HasSubstr("from 0 to 10000"));
    EXPECT_THAT(beside(R"("retries": 256)"),
                HasSubstr("\"retries\" must be a number from 0 to 255"));
    EXPECT_THAT(beside(R"("strip": 1)"), HasSubstr("\"strip\" must be true or false"));
    EXPECT_THAT(beside(R"("host": "a b")"), HasSubstr("\"host\" must be \"keep\", \"upstream\""));
    EXPECT_THAT(beside(R"("host": null)"), HasSubstr("\"host\" must be"));
    EXPECT_THAT(beside(R"("timeouts": 1)"), HasSubstr("\"timeouts\" must be an object"));
    EXPECT_THAT(beside(R"("timeouts": {"idle": 0})"),
                HasSubstr("\"idle\" must be seconds, above 0 and up to 86400, or null"));
    EXPECT_THAT(beside(R"("timeouts": {"idle": 86401})"), HasSubstr("up to 86400"));
    EXPECT_THAT(beside(R"("timeouts": {"idle": "1"})"), HasSubstr("must be seconds"));
    EXPECT_THAT(
        beside(R"("timeouts": {"read": 1})"),
        HasSubstr("\"read\" is not a key of timeouts, must be one of connect, first_byte, idle"));
    EXPECT_THAT(
        beside(R"("upstream": 1)"),
        HasSubstr("\"upstream\" is not a key of proxy, must be one of upstreams, keepalive"));
}

}  // namespace
}  // namespace grove
