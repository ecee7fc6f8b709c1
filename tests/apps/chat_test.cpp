// The plugin chat, by the real binary: who gets which line, and who is not let in.
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/address.h>
#include <grove/core/greenlet.h>

#include "greenlet_test.h"
#include "supervised.h"
#include "ws_client.h"

namespace grove {
namespace {

using test::ws_frame;
using test::ws_text;
using test::WsClient;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kChat = R"("apps": [{"mount": "/chat", "app": "chat"}])";

// Its clients are greenlets' sockets, for which a test's thread has a hub of its own.
class ChatApp : public Supervised {
protected:
    /// Whoever comes there, and has been told so.
    static std::unique_ptr<WsClient> join(const Serving& server, const std::string& room,
                                          const std::string& name) {
        auto client = refused(server, room, name);
        std::string line;
        do {
            line = client->next();
        } while (line != "text * " + name + " has come" && line.starts_with("text "));
        EXPECT_EQ(line, "text * " + name + " has come");
        return client;
    }
    static std::unique_ptr<WsClient> refused(const Serving& server, const std::string& room,
                                             const std::string& name) {
        return std::make_unique<WsClient>(
            Address::parse("127.0.0.1:" + std::to_string(server.port)), "", "",
            "/chat/" + room + "/" + name);
    }
};

TEST_F(ChatApp, HasAPageThatShowsLinesAsText) {
    const auto server = serve(kChat);
    const std::string page = server->get("/chat");
    EXPECT_THAT(page, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(page, HasSubstr("new WebSocket("));
    EXPECT_THAT(page, HasSubstr("textContent"));
    EXPECT_THAT(page, Not(HasSubstr("innerHTML")));
}

TEST_F(ChatApp, TellsEachLineToAllInTheRoomAndToNoOtherRoom) {
    const auto server = serve(kChat);
    const auto anna = join(*server, "green", "anna");
    const auto bert = join(*server, "green", "bert");
    const auto carl = join(*server, "blue", "anna");
    EXPECT_EQ(anna->next(), "text * bert has come");
    bert->send(ws_text("<b>h\u00e9llo</b>"));
    EXPECT_EQ(anna->next(), "text bert: <b>h\u00e9llo</b>");
    EXPECT_EQ(bert->next(), "text bert: <b>h\u00e9llo</b>");
    bert->reset();
    EXPECT_EQ(anna->next(), "text * bert has gone");
    carl->send(ws_text("alone"));
    EXPECT_EQ(carl->next(), "text anna: alone");
}

TEST_F(ChatApp, TellsANewcomerTheLastFiftyLines) {
    const auto server = serve(kChat);
    const auto anna = join(*server, "green", "anna");
    for (int line = 0; line < 60; ++line) {
        anna->send(ws_text(std::to_string(line)));
        EXPECT_EQ(anna->next(), "text anna: " + std::to_string(line));
    }
    const auto bert = refused(*server, "green", "bert");
    for (int line = 10; line < 60; ++line)
        EXPECT_EQ(bert->next(), "text anna: " + std::to_string(line));
    EXPECT_EQ(bert->next(), "text * bert has come");
}

TEST_F(ChatApp, LetsNobodyHaveANameThatIsTakenOrCannotBe) {
    const auto server = serve(kChat);
    const auto anna = join(*server, "green", "anna");
    const auto other = refused(*server, "green", "anna");
    EXPECT_EQ(other->next(), "close 4000 the name is taken");
    for (const char* path : {"green/a%20b", "green/", "green", "green/a/b", "gr.en/bert",
                             "green/%C3%A9", "green/abcdefghijklmnopqrstu"})
        EXPECT_THAT(server->get(std::string{"/chat/"} + path), StartsWith("HTTP/1.1 404 ")) << path;
    EXPECT_THAT(server->get("/chat/green/abcdefghijklmnopqrst"), StartsWith("HTTP/1.1 400 "))
        << "a name of 20, and no handshake";
    anna->send(ws_text("x"));
    EXPECT_EQ(anna->next(), "text anna: x") << "who was refused takes nobody's place away";
    anna->reset();
    EXPECT_EQ(join(*server, "green", "anna")->head.substr(0, 12), "HTTP/1.1 101");
}

TEST_F(ChatApp, ClosesOnWhatIsNoLineOfText) {
    const auto server = serve(kChat);
    const auto anna = join(*server, "green", "anna");
    anna->send(ws_frame(0x82, "x"));
    EXPECT_EQ(anna->next(), "close 1003 only text is passed on");
    const auto bert = join(*server, "blue", "bert");
    bert->send(ws_text(std::string(2000, 'x')));
    EXPECT_EQ(bert->next(), "text bert: " + std::string(2000, 'x'));
    bert->send(ws_text(std::string(2001, 'x')));
    EXPECT_THAT(bert->next(), StartsWith("close 1009"));
}

TEST_F(ChatApp, HasRoomForAHundredInARoomAndAHundredRooms) {
    const auto server = serve(kChat);
    std::vector<std::unique_ptr<WsClient>> clients;
    for (int count = 0; count < 100; ++count)
        clients.push_back(join(*server, "green", "m" + std::to_string(count)));
    EXPECT_EQ(refused(*server, "green", "late")->next(), "close 4000 the room is full");
    for (int count = 1; count < 100; ++count)
        clients.push_back(join(*server, "r" + std::to_string(count), "x"));
    EXPECT_EQ(refused(*server, "one-more", "x")->next(), "close 4000 there are too many rooms");
    clients.back()->reset();
    clients.front()->reset();
    while (clients[1]->next() != "text * m0 has gone") continue;
    join(*server, "green", "late");
}

// More lines than the kernel and the outbox keep for one who does not read: another gets each of them.
TEST_F(ChatApp, IsHeldUpByNobodyWhoDoesNotRead) {
    const auto server = serve(kChat);
    const auto slow = join(*server, "green", "slow");
    const auto anna = join(*server, "green", "anna");
    constexpr std::size_t kLines = 6000;
    const std::string line(2000, 'x');
    for (std::size_t count = 0; count < kLines; ++count) {
        anna->send(ws_text(line));
        ASSERT_EQ(anna->next(), "text anna: " + line);
    }
    EXPECT_EQ(slow->next(), "text * anna has come");
    EXPECT_EQ(slow->next(), "text anna: " + line) << "and it is not cut off";
}

}  // namespace
}  // namespace grove
