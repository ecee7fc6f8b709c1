// wrk and h2load: short bursts of many connections, plain and encrypted, without one failure.
#include <string>

#include <gmock/gmock.h>

#include "client_test.h"
#include "test_certificates.h"

namespace grove {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Wrk : public ClientTest {
protected:
    Wrk() : ClientTest{"wrk"} {}

    void burst(const std::string& arguments) const {
        const ProgramResult result = shell("wrk -t1 -c32 -d1s " + arguments);
        EXPECT_EQ(result.exit_code, 0) << result.errors;
        EXPECT_THAT(result.output,
                    AllOf(HasSubstr(" requests in "), Not(HasSubstr(" 0 requests")),
                          Not(HasSubstr("Socket errors")), Not(HasSubstr("Non-2xx"))));
    }
};

TEST_F(Wrk, GetsAnAnswerToEachRequest) {
    serve(R"("workers": 2, "pool": 8, )");
    burst(url("/"));
    stop();
}

TEST_F(Wrk, GetsAnAnswerOnEachConnectionOfOneRequest) {
    serve(R"("workers": 2, "pool": 8, "keepalive_requests": 1, )");
    burst(url("/"));
    stop();
}

class H2load : public ClientTest {
protected:
    H2load() : ClientTest{"h2load"} {}

    void load(const std::string& arguments) const {
        const ProgramResult result = shell("h2load -n 2000 -c 25 " + arguments);
        EXPECT_EQ(result.exit_code, 0) << result.errors;
        EXPECT_THAT(result.output,
                    AllOf(HasSubstr("2000 done, 2000 succeeded, 0 failed, 0 errored, 0 timeout"),
                          HasSubstr("status codes: 2000 2xx, 0 3xx, 0 4xx, 0 5xx")));
    }
};

TEST_F(H2load, GetsAnAnswerToEachRequest) {
    serve(R"("workers": 2, "pool": 8, )");
    load("--h1 " + url("/"));
    load("--h1 -m 10 " + url("/"));  // pipelined
    write("body", std::string(5000, 'b'));
    load("--h1 -m 4 -d body " + url("/upload"));
    stop();
}

TEST_F(H2load, GetsAnAnswerToEachRequestOverTls) {
    test::Authority authority{folder_.path()};
    static_cast<void>(authority.issue("localhost", {"DNS:localhost"}));
    serve(R"("workers": 2, "pool": 8, )",
          R"({"address": "127.0.0.1:0", "tls": {"certificate": "localhost.pem",
              "key": "localhost.key"}})");
    for (const std::string version : {"--h1 ", ""}) {  // by ALPN: HTTP/2
        load(version + url("/"));
        load(version + "-m 10 " + url("/"));
    }
    stop();
}

}  // namespace
}  // namespace grove
