// The backdoor of the built binary: a unix socket, its commands, and who may not stay. C-073
#include <algorithm>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "supervised.h"

namespace grove {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kPooledTeller = R"("apps": [{"app": "teller", "mount": "/app", "pool": 3}])";

class Backdoor : public Supervised {
protected:
    std::string path() const { return file("backdoor.sock"); }
    std::unique_ptr<Serving> serve_one() const {
        auto server = serve(R"("backdoor": "unix:backdoor.sock", )" + std::string{kPooledTeller});
        EXPECT_EQ(line_with(*server, "backdoor on"), "grove: backdoor on unix:" + path());
        return server;
    }
    /// What a client is told when it comes.
    static std::string greeting(const PlainClient& client) {
        return client.read_until("names the commands\n");
    }
    static std::string answer(const PlainClient& client, const std::string& line) {
        client.send(line + '\n');
        return client.read_until("ok\n");
    }
    static std::string refusal(const PlainClient& client, const std::string& line) {
        client.send(line + '\n');
        return client.read_until("\n");
    }
    /// Somebody listens there, or has and left the file.
    int bind_there() const {
        const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path().copy(address.sun_path, sizeof address.sun_path - 1);
        EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(fd, 1), 0);
        return fd;
    }
};

TEST_F(Backdoor, AnswersEachCommand) {  // C-073
    const auto server = serve_one();
    EXPECT_THAT(server->get("/app/"), StartsWith("HTTP/1.1 200 "));
    const PlainClient client{path()};
    EXPECT_THAT(greeting(client), StartsWith("worker " + std::to_string(server->workers().at(0))));

    const std::string all = answer(client, "greenlets");
    EXPECT_THAT(all, HasSubstr("\"main\" blocked in "));
    EXPECT_THAT(all, HasSubstr("teller was asked 1 times\n"));
    const std::size_t begin = all.find("greenlet ") + std::string{"greenlet "}.size();
    const std::string id = all.substr(begin, all.find(' ', begin) - begin);
    EXPECT_THAT(answer(client, "greenlet " + id), StartsWith("greenlet " + id + " \""));

    const std::string pools = answer(client, "pools");
    EXPECT_THAT(pools, StartsWith("requests: 0 of 1000 slots in use, 0 in flight"));
    EXPECT_THAT(pools, HasSubstr("\nmount /app: 0 of 3 slots in use\n"));
    EXPECT_EQ(answer(client, "asked  by me \r"), "1 by me\nok\n");
    EXPECT_THAT(answer(client, "help"), HasSubstr("asked          how often it was asked\n"));
    client.send("quit\n");
    EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(Backdoor, SaysWhatIsAllowed) {  // C-073
    const auto server = serve_one();
    const PlainClient client{path()};
    greeting(client);
    EXPECT_EQ(refusal(client, "no\x1bsuch"),
              "error: \"no\\x1bsuch\" is no command; \"help\" names them\n");
    EXPECT_EQ(refusal(client, "no\xc2\x9bK\xc3\x9b\xc2\xa0\xc2"),  // U+009B is CSI
              "error: \"no\\xc2\\x9bK\xc3\x9b\xc2\xa0\xc2\" is no command; \"help\" names them\n");
    EXPECT_THAT(refusal(client, "greenlet x"), HasSubstr("needs the id of a greenlet"));
    EXPECT_THAT(refusal(client, "greenlet 999999999"), HasSubstr("is none, or has ended"));
    EXPECT_EQ(refusal(client, "log loud"),
              "error: log: the level must be one of \"error\", \"warn\", \"info\", \"debug\", "
              "\"trace\"\n");
    EXPECT_THAT(refusal(client, "pools now"), HasSubstr("is no command"));
}

TEST_F(Backdoor, SetsTheLevelOfTheLog) {  // C-073
    const auto server = serve_one();
    const PlainClient client{path()};
    greeting(client);
    EXPECT_EQ(answer(client, "log"), "level info\nok\n");
    EXPECT_EQ(answer(client, "log error"), "level error\nok\n");
    server->get("/app/log");  // a warning
    EXPECT_EQ(answer(client, "log warn"), "level warn\nok\n");
    server->get("/app/log");
    EXPECT_EQ(answer(client, "log info"), "level info\nok\n");
    EXPECT_EQ(answer(client, "pools").substr(0, 9), "requests:");
    int warnings = 0;
    for (;;) {
        const std::string line = server->program.read_error_line();
        if (line.find("a request's") != line.npos) ++warnings;
        if (line.find("asks: pools") != line.npos) break;
    }
    EXPECT_EQ(warnings, 1);
}

TEST_F(Backdoor, TakesAByteAtATime) {  // C-073
    const auto server = serve_one();
    const PlainClient slow{path()};
    greeting(slow);
    for (const char byte : std::string{"asked slowly\n"}) {
        slow.send(std::string{byte});
        const PlainClient other{path()};  // who comes meanwhile is answered
        greeting(other);
        EXPECT_EQ(answer(other, "asked"), "0 \nok\n");
        other.send("quit\n");
        other.read_to_end();
    }
    EXPECT_EQ(slow.read_until("ok\n"), "0 slowly\nok\n");
}

TEST_F(Backdoor, DropsWhoWritesTooLongALine) {  // C-073
    const auto server = serve_one();
    const PlainClient client{path()};
    greeting(client);
    client.send(std::string(1025, 'x'));
    EXPECT_EQ(client.read_to_end(), "error: a line has 1024 bytes at most\n");
    EXPECT_THAT(line_with(*server, "is dropped"), HasSubstr("longer than 1024 bytes"));
}

TEST_F(Backdoor, RefusesAFifthClientAndSaysSo) {  // C-073
    const auto server = serve_one();
    std::vector<std::unique_ptr<PlainClient>> clients;
    for (int i = 0; i < 4; ++i) {
        clients.push_back(std::make_unique<PlainClient>(path()));
        greeting(*clients.back());
    }
    EXPECT_EQ(PlainClient{path()}.read_to_end(), "error: 4 clients are here already\n");
    line_with(*server, "is refused: 4 clients are here already");
    EXPECT_EQ(answer(*clients[0], "asked"), "0 \nok\n");
    clients[1]->send("quit\n");
    clients[1]->read_to_end();
    line_with(*server, "has gone");
    EXPECT_THAT(greeting(PlainClient{path()}), StartsWith("worker "));
}

TEST_F(Backdoor, IsForItsUserAloneAndEndsWithItsServer) {  // C-073
    const auto server = serve_one();
    struct stat status {};
    ASSERT_EQ(::stat(path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode, S_IFSOCK | 0600U);
    const PlainClient client{path()};
    greeting(client);

    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_NE(::stat(path().c_str(), &status), 0);
}

TEST_F(Backdoor, IsOfEachWorkerByItself) {  // C-073
    const auto server =
        serve(R"("backdoor": "unix:backdoor.sock", "workers": 2, )" + std::string{kPooledTeller});
    line_with(*server, "backdoor on");
    const std::vector<pid_t> workers = server->workers();
    ASSERT_EQ(workers.size(), 2U);
    const auto come_to = [&](pid_t worker, pid_t other) {
        ::kill(other, SIGSTOP);
        auto client = std::make_unique<PlainClient>(path());
        EXPECT_THAT(greeting(*client), StartsWith("worker " + std::to_string(worker) + ","));
        ::kill(other, SIGCONT);
        return client;
    };
    const auto first = come_to(workers[0], workers[1]);
    const auto second = come_to(workers[1], workers[0]);
    EXPECT_EQ(answer(*first, "log error"), "level error\nok\n");
    EXPECT_EQ(answer(*second, "log"), "level info\nok\n");
    EXPECT_EQ(answer(*first, "log"), "level error\nok\n");
}

TEST_F(Backdoor, WaitsForNobodyWhoDoesNotRead) {  // C-073
    const auto server = serve_one();
    const PlainClient silent{path()};
    greeting(silent);
    std::string questions;  // they fit in the sockets, and their answers do not
    for (int i = 0; i < 5000; ++i) questions += "help\n";
    silent.send(questions);

    const PlainClient other{path()};
    greeting(other);
    EXPECT_EQ(answer(other, "asked"), "0 \nok\n");
    EXPECT_THAT(server->get("/app/"), StartsWith("HTTP/1.1 200 "));
    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);
}

TEST_F(Backdoor, LeadsToTheNewWorkerAfterAReload) {  // C-073
    const auto server = serve_one();
    const PlainClient before{path()};
    const std::string first = greeting(before);

    reload(*server);
    EXPECT_EQ(before.read_to_end(), "");  // nobody waits for it: its worker has ended

    const PlainClient after{path()};
    EXPECT_NE(greeting(after), first);
    EXPECT_EQ(answer(after, "asked"), "0 \nok\n");
}

TEST_F(Backdoor, LeadsToAnotherWorkerWhenOneWasKilled) {  // C-073
    const auto server = serve_one();
    const PlainClient before{path()};
    const std::string first = greeting(before);
    ::kill(server->workers().at(0), SIGKILL);
    before.read_to_end();
    const PlainClient after{path()};
    EXPECT_NE(greeting(after), first);
}

TEST_F(Backdoor, ReplacesTheFileOfTheDeadButNotOfTheLiving) {  // C-073
    const int living = bind_there();
    {
        RunningProgram refused{
            serve_command({configuration(R"("backdoor": "unix:backdoor.sock", )" +
                                         std::string{kPooledTeller})}),
            file("output")};
        EXPECT_NE(refused.wait(), 0);
    }
    struct stat status {};
    EXPECT_EQ(::stat(path().c_str(), &status), 0);
    ::close(living);  // and its file is left
    const auto server = serve_one();
    const PlainClient client{path()};
    EXPECT_THAT(greeting(client), StartsWith("worker "));
}

}  // namespace
}  // namespace grove
