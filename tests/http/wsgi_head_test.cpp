// What the server does with request heads: refusals close, and nothing behind them is executed (S-040 to S-054, S-152).
#include <chrono>
#include <string>
#include <string_view>

#include <gmock/gmock.h>

#include <grove/core/greenlet.h>

#include "greenlet_test.h"
#include "request_rows.h"
#include "served_application.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

GREENLET_TEST(WsgiHead, IsRefusedWithAWholeAnswerAndNothingBehindItRuns) {
    ServedApplication served{say_hello()};
    for (const RequestRow& row : refused_heads()) {
        SCOPED_TRACE(std::string{row.rule} + " " +
                     ::testing::PrintToString(row.bytes.substr(0, 100)));
        Client client{served.address()};

        client.send(row.bytes);
        const Answer answer = client.answer();

        EXPECT_EQ(std::to_string(answer.status), row.means);
        EXPECT_TRUE(answer.says_close());
        EXPECT_EQ(answer.field("content-type"), "text/plain");
        EXPECT_EQ(answer.body, answer.reason);
        EXPECT_TRUE(client.at_end());
    }
    EXPECT_EQ(served.calls, 0);
    EXPECT_EQ(served.access_lines.size(), refused_heads().size());  // S-141
    EXPECT_EQ(served.errors.size(), refused_heads().size());        // S-054
}

GREENLET_TEST(WsgiHead, IsTakenUpToItsLimits) {
    ServedApplication served{say_hello()};

    EXPECT_EQ(served.ask(get("/" + std::string(8190 - 14, 'x'))).status, 200);  // S-042
    std::string fields;
    for (int count = 1; count < 100; ++count) fields += "X: y\r\n";
    EXPECT_EQ(served.ask(get("/", fields)).status, 200);  // S-043: with Host 100
    EXPECT_EQ(served.ask(get("/", fields + "X: y\r\n")).status, 431);
    EXPECT_EQ(served.ask("\r\n" + get()).status, 200);            // S-040
    EXPECT_EQ(served.ask("GET / HTTP/1.0\r\n\r\n").status, 200);  // S-047
    EXPECT_EQ(served.ask("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").status, 200);
    EXPECT_EQ(served.ask(get("/", "X: a\xe9\r\n")).status, 200);  // S-045
}

GREENLET_TEST(WsgiHead, OfALineTooLongIsRefusedWithoutWaitingForItsEnd) {  // S-042
    ServedApplication served{say_hello()};

    EXPECT_EQ(served.ask("GET /" + std::string(9000, 'x')).status, 414);
    EXPECT_EQ(served.ask("GET / HTTP/1.1\r\nX: " + std::string(33000, 'x')).status, 431);
}

GREENLET_TEST(WsgiHead, ThatDripsIsRefusedAtItsDeadline) {  // S-052
    ServedApplication served{say_hello(), {.timeouts = {.header = 100ms}}};
    Client client{served.address()};
    const auto began = std::chrono::steady_clock::now();

    auto drip = spawn([&] {
        const std::string head = get();
        for (const char byte : head) {
            client.send({&byte, 1});
            sleep(10ms);
        }
    });
    const Answer answer = client.answer();
    const auto took = std::chrono::steady_clock::now() - began;
    drip.kill();

    EXPECT_EQ(answer.status, 408);
    EXPECT_TRUE(answer.says_close());
    EXPECT_GE(took, 90ms);
    EXPECT_LT(took, 5s);
    EXPECT_EQ(served.calls, 0);
    EXPECT_THAT(served.access_lines, ElementsAre(HasSubstr("408 G")));
}

GREENLET_TEST(WsgiHead, OfASecondRequestHasADeadlineToo) {  // S-052
    ServedApplication served{say_hello(), {.timeouts = {.header = 50ms}}};
    Client client{served.address()};

    client.send(get() + "GET / HT");

    EXPECT_EQ(client.brief(), "200 hello");
    EXPECT_EQ(client.answer().status, 408);
    EXPECT_TRUE(client.at_end());
}

GREENLET_TEST(WsgiHead, ThatNeverComesClosesTheConnectionSilently) {  // S-052
    ServedApplication served{say_hello(), {.timeouts = {.idle = 50ms}}};

    EXPECT_EQ(served.say(""), "");
    EXPECT_THAT(served.access_lines, IsEmpty());

    Client client{served.address()};
    client.send(get());
    EXPECT_EQ(client.brief(), "200 hello");
    EXPECT_TRUE(client.at_end());
}

GREENLET_TEST(WsgiHead, ThatEndsEarlyIsLoggedAndNotAnswered) {  // S-053
    ServedApplication served{say_hello()};
    {
        Client client{served.address()};
        client.send("GET / HT");
        client.finish_sending();
        EXPECT_TRUE(client.at_end());
    }
    EXPECT_THAT(served.access_lines, ElementsAre("400 GET / HT"));

    { Client{served.address()}.close(); }
    EXPECT_TRUE(served.quiet());
    EXPECT_EQ(served.access_lines.size(), 1U);
}

GREENLET_TEST(WsgiHead, ErrorsAreOneLineWithoutTheClientsBytes) {  // S-054
    ServedApplication served{say_hello()};

    EXPECT_EQ(served.ask("GET / HTTP %n{}\x1b\r\n").status, 400);

    ASSERT_EQ(served.errors.size(), 1U);
    EXPECT_THAT(served.errors[0], HasSubstr("127.0.0.1:"));
    EXPECT_EQ(served.errors[0].find_first_of("%{\x1b\n"), std::string::npos);
}

GREENLET_TEST(WsgiHead, AnswersAHeadRequestWithoutABodyAlsoWhenItRefuses) {  // S-110
    ServedApplication served{say_hello()};

    const std::string said = served.say("HEAD / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n");

    EXPECT_THAT(said, HasSubstr("HTTP/1.1 400 Bad Request\r\n"));
    EXPECT_TRUE(said.ends_with("\r\n\r\n"));
}

}  // namespace
}  // namespace grove::test
