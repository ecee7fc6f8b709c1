// What applications begin by themselves: it ends before they are destroyed, at a stop, a reload and a failed start.
#include <csignal>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "program.h"
#include "supervised.h"

namespace grove {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Background : public Supervised {
protected:
    /// What has ended, in its order. @param pid  where; 0: anywhere
    std::vector<std::string> notes(pid_t pid = 0) const {
        std::vector<std::string> words;
        std::ifstream file{this->file("notes")};
        pid_t of = 0;
        for (std::string word; file >> of >> word;) {
            if (pid == 0 || pid == of) words.push_back(word);
        }
        return words;
    }
    std::unique_ptr<Serving> serve_background(const std::string& config,
                                              const std::string& timeouts = "{}") const {
        return serve(R"("timeouts": )" + timeouts +
                     R"(, "apps": [{"app": "background", "config": )" + config + "}]");
    }
};

// A-050
TEST_F(Background, EndsBeforeItsApplicationAtAStop) {
    for (const int signal : {SIGTERM, SIGINT, SIGQUIT}) {
        const auto server = serve_background("{}");
        const pid_t worker = server->workers().at(0);
        EXPECT_THAT(server->get("/put"), EndsWith("sum\n"));
        server->get("/begin");

        server->program.send_signal(signal);

        line_with(*server, "stop: 2 greenlets that applications began are killed");
        EXPECT_EQ(server->program.wait(), 0) << signal;
        EXPECT_THAT(notes(worker), ElementsAre("reader", "helper", "jobs")) << signal;
    }
}

// A-050
TEST_F(Background, EndsBeforeItsApplicationInAWorkerThatAReloadReplaces) {
    const auto server = serve_background("{}");
    const pid_t former = server->workers().at(0);
    server->get("/begin");
    server->program.send_signal(SIGHUP);
    line_with(*server, "reload: 2 greenlets that applications began are killed");

    server->program.send_signal(SIGTERM);

    EXPECT_EQ(server->program.wait(), 0);
    EXPECT_THAT(notes(former), ElementsAre("reader", "helper", "jobs"));
    EXPECT_EQ(notes().size(), 5U);  // those of the new worker, too
}

// A-050: a request that is cut may still need it.
TEST_F(Background, RunsOnWhileRequestsDo) {
    const auto server =
        serve(R"("apps": [{"app": "background", "mount": "/b"}, {"app": "echo", "mount": "/e"}])");
    const PlainClient client{server->port};
    client.send("POST /e HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    client.read_until("100 Continue\r\n\r\n");
    server->program.send_signal(SIGTERM);
    line_with(*server, "stop: the listeners are closed; 1 requests run or wait");
    EXPECT_THAT(notes(), IsEmpty());

    client.send("ab");

    EXPECT_THAT(client.read_to_end(), HasSubstr("\"body\":\"ab\""));
    EXPECT_EQ(server->program.wait(), 0);
    EXPECT_THAT(notes(), ElementsAre("reader", "jobs"));
}

// A-050
TEST_F(Background, MayTakeItsTime) {
    const auto server = serve_background(R"({"slow": 1})", R"({"unwind": 30})");
    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);
    EXPECT_THAT(notes(), ElementsAre("reader", "jobs"));
}

// A-050
TEST_F(Background, ThatDoesNotEndIsNamedAndItsApplicationStays) {
    const auto server = serve_background(R"({"stubborn": 1})", R"({"unwind": 0.3})");

    server->program.send_signal(SIGTERM);

    EXPECT_THAT(line_with(*server, "stop: would not end: "),
                AllOf(HasSubstr(" error ["),
                      ContainsRegex("would not end: greenlet [0-9]+ \"reader\" blocked in an item "
                                    "of a Queue, [0-9]+ ms old")));
    line_with(*server,
              "stop: 1 greenlets would not end: this worker ends without them, exit code 3");
    line_with(*server, "stop: stopped, but a worker was lost");
    EXPECT_EQ(server->program.wait(), 1);
    EXPECT_THAT(notes(), IsEmpty());
}

// A-050: the end of an old worker is not that of the server.
TEST_F(Background, ThatDoesNotEndInAnOldWorkerIsNamedToo) {
    const auto server = serve_background(R"({"stubborn": 1})", R"({"unwind": 0.3})");
    configuration(kHello);

    server->program.send_signal(SIGHUP);

    line_with(*server, "reload: would not end: greenlet ");
    line_with(*server, "ended with exit code 3 while it was ending");
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);
}

// A-050
TEST_F(Background, IsNotWaitedForAnyLongerAfterAQuit) {
    const auto server = serve_background(R"({"stubborn": 1})", R"({"unwind": null})");
    server->program.send_signal(SIGTERM);
    line_with(*server, "stop: 1 greenlets that applications began are killed");

    server->program.send_signal(SIGQUIT);

    line_with(*server, "stop: would not end: greenlet ");
    EXPECT_EQ(server->program.wait(), 1);
}

// A-051
TEST_F(Background, MayBeWaitedForByItsFactory) {
    const auto server = serve_background(R"({"calls": 1})");
    EXPECT_THAT(server->get("/"), EndsWith("called\n"));
    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);
    EXPECT_THAT(notes(), ElementsAre("reader", "jobs"));
}

/// A factory that throws behind one that does not.
std::string throwing(const std::string& config) {
    return R"("timeouts": {"unwind": 0.3}, "apps": [{"app": "background", "mount": "/a"},
              {"app": "background", "mount": "/b", "config": )" +
           config + "}]";
}

// A-051
TEST_F(Background, OfAFactoryThatThrowsIsKilled) {
    const std::string file = configuration(throwing(R"({"throw": 1})"));

    const ProgramResult served = run_program(serve_command({file}));

    EXPECT_EQ(served.exit_code, 2);
    EXPECT_THAT(served.errors, AllOf(HasSubstr("grove.json: /apps/1: as it was told to\n"),
                                     Not(HasSubstr("would not end"))));
    EXPECT_THAT(notes(), ElementsAre("orphan", "reader", "jobs"));
}

// A-051
TEST_F(Background, OfAFactoryThatThrowsIsNamedIfItDoesNotEnd) {
    const std::string file = configuration(throwing(R"({"throw": 1, "stubborn": 1})"));

    const ProgramResult served = run_program(serve_command({file}));

    EXPECT_EQ(served.exit_code, 2);
    EXPECT_THAT(served.errors,
                AllOf(HasSubstr("grove.json: /apps/1: as it was told to\n"),
                      ContainsRegex("grove.json: /apps/1: a greenlet of its factory would not end: "
                                    "greenlet [0-9]+ \"orphan\" blocked in an item of a Queue")));
    EXPECT_THAT(notes(), ElementsAre("reader"));  // it ended; what may be in use was not destroyed
}

// A-051: a reload that meets one changes nothing.
TEST_F(Background, OfAFactoryThatThrowsInAReloadIsKilled) {
    const auto server = serve(kHello);
    configuration(throwing(R"({"throw": 1})"));
    server->program.send_signal(SIGHUP);
    line_with(*server, "/apps/1: as it was told to");
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
    EXPECT_THAT(notes(), ElementsAre("orphan", "reader", "jobs"));
}

// A-050, A-051
TEST_F(Background, EndsInACheckToo) {
    const ProgramResult good =
        run_program({GROVE_TEST_BINARY, "check",
                     configuration(R"("apps": [{"app": "background", "config": {"calls": 1}}])")});
    EXPECT_EQ(good.exit_code, 0) << good.errors;
    EXPECT_THAT(notes(), ElementsAre("reader", "jobs"));

    const ProgramResult bad =
        run_program({GROVE_TEST_BINARY, "check",
                     configuration(R"("apps": [{"app": "background", "config": {"throw": 1}}])")});
    EXPECT_EQ(bad.exit_code, 2);
    EXPECT_THAT(bad.errors, HasSubstr("/apps/0: as it was told to\n"));
    EXPECT_THAT(notes(), ElementsAre("reader", "jobs", "orphan"));
}

// A-050, A-052
TEST_F(Background, IsFedByAThreadOfTheFactoryUntilItIsDestroyed) {
    const auto server = serve_background(R"({"thread": 1})");
    const pid_t former = server->workers().at(0);
    EXPECT_THAT(server->get("/put"), EndsWith("sum\n"));
    server->program.send_signal(SIGHUP);
    line_with(*server, "reload: 1 greenlets that applications began are killed");

    server->program.send_signal(SIGTERM);

    EXPECT_EQ(server->program.wait(), 0);
    EXPECT_THAT(notes(former), ElementsAre("reader", "jobs"));
    EXPECT_EQ(notes().size(), 4U);
}

}  // namespace
}  // namespace grove
