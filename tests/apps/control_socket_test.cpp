// A-061: what asks a master, and never keeps it.
#include "control_socket.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <unistd.h>

#include "pid_file.h"
#include "running_program.h"
#include "temporary_folder.h"

namespace grove::http {
namespace {

using namespace std::chrono_literals;

class ControlSockets : public testing::Test {
protected:
    using Clock = ControlSocket::Clock;
    using Client = std::unique_ptr<PlainClient>;

    Client client() const { return std::make_unique<PlainClient>(control_socket_of(file_)); }

    /// As the master's turns do, until nobody has anything to say.
    void serve(Clock::time_point now = Clock::now()) {
        for (int turn = 0; turn < 100; ++turn) {
            control_.serve(now);
            std::vector<pollfd> watched;
            control_.add_to(watched);
            if (::poll(watched.data(), watched.size(), 0) == 0) return;
        }
        ADD_FAILURE() << "somebody keeps the master busy";
    }

    std::size_t clients() const {
        std::vector<pollfd> watched;
        control_.add_to(watched);
        return watched.size() - 1;
    }

    TemporaryFolder folder_;
    std::string file_ = (folder_.path() / "grove.pid").string();
    PidFile pid_file_{file_};
    std::string status_ = R"({"state":"serving"})";
    int reloads_ = 0;
    ControlSocket control_{pid_file_.control(),
                           {.status = [this] { return status_; },
                            .reload =
                                [this] {
                                    ++reloads_;
                                    return std::string{R"({"reload":"asked"})"};
                                }}};
};

TEST_F(ControlSockets, AnswerWithALine) {
    const Client one = client();
    one->send("status\n");
    serve();
    EXPECT_EQ(one->read_until("\n"), status_ + "\n");
    one->send("nonsense\nstatus\n");
    serve();
    EXPECT_EQ(one->read_until("serving\"}\n"),
              "{\"error\":\"unknown question\"}\n" + status_ + "\n");
}

TEST_F(ControlSockets, TellOfTheEndAlsoWhoAsksOnlyThen) {
    const Client early = client();
    early->send("end\n");
    const Client other = client();
    other->send("status\n");
    serve();
    const Client late = client();
    late->send("end\n");

    control_.ends(R"({"exit":1})");
    control_.leave();

    EXPECT_EQ(early->read_to_end(), "{\"exit\":1}\n");
    EXPECT_EQ(late->read_to_end(), "{\"exit\":1}\n");
    EXPECT_EQ(other->read_to_end(), status_ + "\n");
}

TEST_F(ControlSockets, TakeAQuestionThatComesByteByByte) {
    const Client one = client();
    for (const char byte : std::string{"status\n"}) {
        one->send(std::string(1, byte));
        serve();
    }
    EXPECT_EQ(one->read_until("\n"), status_ + "\n");
}

TEST_F(ControlSockets, TellOfTheReloadThatBeganAfterTheQuestion) {
    const Client early = client();
    early->send("reload\n");
    serve();
    EXPECT_EQ(early->read_until("\n"), "{\"reload\":\"asked\"}\n");
    control_.reload_begins();
    const Client late = client();
    late->send("reload\n");
    serve();
    late->read_until("\n");
    control_.reload_ends("first");
    EXPECT_EQ(early->read_until("\n"), "first\n");
    control_.reload_begins();
    control_.reload_ends("second");
    EXPECT_EQ(late->read_until("\n"), "second\n");
    EXPECT_EQ(reloads_, 2);
}

TEST_F(ControlSockets, DropWhoSendsALineWithoutAnEnd) {
    const Client one = client();
    one->send(std::string(ControlSocket::kMostLine, 'x'));
    serve();
    EXPECT_EQ(one->read_to_end(), "");
    EXPECT_EQ(clients(), 0U);
}

TEST_F(ControlSockets, DropWhoDoesNotRead) {
    status_ = std::string(1U << 22U, 'x');  // more than any socket holds
    const Client one = client();
    one->send("status\n");
    const Clock::time_point begin = Clock::now();
    serve(begin);
    EXPECT_EQ(clients(), 1U);
    EXPECT_EQ(control_.due(), begin + ControlSocket::kTimeToRead);

    serve(begin + ControlSocket::kTimeToRead);
    EXPECT_EQ(clients(), 0U);
    EXPECT_EQ(control_.due(), Clock::time_point::max());
}

TEST_F(ControlSockets, AskNothingOfWhoHasAnAnswerToRead) {
    status_ = std::string(1U << 22U, 'x');
    const Client one = client();
    one->send("status\nreload\n");
    serve();
    EXPECT_EQ(reloads_, 0);
    std::vector<pollfd> watched;
    control_.add_to(watched);
    ASSERT_EQ(watched.size(), 2U);
    EXPECT_EQ(watched[1].events, POLLOUT);
}

TEST_F(ControlSockets, ForgetWhoHasGone) {
    Client idle = client();
    Client waits = client();
    waits->send("reload\n");
    serve();
    EXPECT_EQ(clients(), 2U);
    idle.reset();
    waits.reset();
    serve();  // does not turn for ever on one that has hung up, and is told nothing yet
    EXPECT_EQ(clients(), 0U);
    control_.reload_begins();
    control_.reload_ends("over");
    serve();
    EXPECT_EQ(clients(), 0U);
}

TEST_F(ControlSockets, MakeRoomForANewcomer) {
    std::vector<Client> all;
    for (std::size_t i = 0; i < ControlSocket::kMostClients; ++i) {
        all.push_back(client());
        serve();
    }
    const Client newcomer = client();
    newcomer->send("status\n");
    serve();
    EXPECT_EQ(newcomer->read_until("\n"), status_ + "\n");
    EXPECT_EQ(all.front()->read_to_end(), "");
    EXPECT_EQ(clients(), ControlSocket::kMostClients);
}

// It would say that the server has ended.
TEST_F(ControlSockets, KeepWhoWaitsForAReloadAsLongAsOthersCanGo) {
    std::vector<Client> waiting;
    waiting.push_back(client());
    waiting[0]->send("reload\n");
    serve();
    waiting[0]->read_until("\n");
    std::vector<Client> idle;
    for (std::size_t i = 0; i < ControlSocket::kMostClients; ++i) {
        idle.push_back(client());
        serve();
    }
    EXPECT_EQ(clients(), ControlSocket::kMostClients);
    EXPECT_EQ(idle[0]->read_to_end(), "");
    control_.reload_begins();
    control_.reload_ends("over");
    EXPECT_EQ(waiting[0]->read_until("\n"), "over\n");

    for (std::size_t i = 0; i < ControlSocket::kMostClients; ++i) {
        waiting.push_back(client());
        waiting.back()->send("reload\n");
        serve();
        waiting.back()->read_until("\n");
    }
    const Client newcomer = client();
    serve();
    EXPECT_EQ(waiting[1]->read_to_end(), "");
    EXPECT_EQ(clients(), ControlSocket::kMostClients);
}

TEST_F(ControlSockets, AreLeftByAChild) {
    const Client one = client();
    serve();
    EXPECT_EQ(clients(), 1U);
    control_.leave();
    EXPECT_EQ(clients(), 0U);
    EXPECT_EQ(one->read_to_end(), "");
}

}  // namespace
}  // namespace grove::http
