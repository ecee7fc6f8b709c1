// S-120: a file as a body.
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <sys/stat.h>

#include <gmock/gmock.h>

#include <grove/core/greenlet.h>
#include <grove/http/body.h>

#include "greenlet_test.h"
#include "http_client.h"
#include "served_application.h"
#include "temporary_folder.h"

namespace grove::http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;
using namespace std::chrono_literals;

using test::Client;
using test::ServedApplication;

const std::string kGet = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
const std::string kHead = "HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

class Folder : public TemporaryFolder {
public:
    std::string file(std::string_view content) const {
        std::ofstream{path() / "file", std::ios::binary} << content;
        return (path() / "file").string();
    }
    // A file of zeros that takes no room.
    std::string zeros(std::uint64_t bytes) const {
        file("");
        std::filesystem::resize_file(path() / "file", bytes);
        return (path() / "file").string();
    }
};

Application answers(File file, Headers headers = {}) {
    return [=](Environ&, StartResponse& start_response) -> Body {
        start_response("200 OK", headers);
        return file;
    };
}

std::string body_of(const std::string& answer) {
    return answer.substr(answer.find("\r\n\r\n") + 4);
}

GREENLET_TEST(FileBody, IsSentWithItsLength) {
    const Folder folder;
    ServedApplication served{answers({.path = folder.file("hello")})};

    const std::string answer = served.say(kGet);

    EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 5\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\nhello"));
}

GREENLET_TEST(FileBody, MayBeAPart) {
    const Folder folder;
    const std::string path = folder.file("0123456789");

    EXPECT_EQ(body_of(ServedApplication{answers({.path = path, .offset = 7})}.say(kGet)), "789");
    EXPECT_EQ(
        body_of(ServedApplication{answers({.path = path, .offset = 2, .length = 3})}.say(kGet)),
        "234");
    EXPECT_EQ(body_of(ServedApplication{answers({.path = path, .offset = 10})}.say(kGet)), "");
    EXPECT_EQ(body_of(ServedApplication{answers({.path = path, .offset = 11})}.say(kGet)), "");
    EXPECT_EQ(body_of(ServedApplication{answers({.path = path, .length = 0})}.say(kGet)), "");
}

GREENLET_TEST(FileBody, ArrivesWholeIfItIsLarge) {
    const Folder folder;
    std::string content;
    for (std::uint32_t i = 0; content.size() < 10'000'000; ++i)
        content += std::to_string(i * 2654435761U);
    const std::string path = folder.file(content);

    EXPECT_TRUE(body_of(ServedApplication{answers({.path = path})}.say(kGet)) == content);
    EXPECT_TRUE(
        body_of(ServedApplication{answers({.path = path, .offset = 1, .length = 9'999'000})}.say(
            kGet)) == content.substr(1, 9'999'000));
}

GREENLET_TEST(FileBody, LeavesTheConnectionReadyForTheNextRequest) {
    const Folder folder;
    ServedApplication served{answers({.path = folder.zeros(300'000)})};

    const std::string answers = served.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n" + kGet);

    const std::size_t second = answers.find("HTTP/1.1", 1);
    EXPECT_EQ(body_of(answers.substr(0, second)), std::string(300'000, '\0'));
    EXPECT_EQ(body_of(answers.substr(second)), std::string(300'000, '\0'));
}

GREENLET_TEST(FileBody, IsLeftOutForHead) {
    const Folder folder;
    ServedApplication served{answers({.path = folder.file("hello")})};

    const std::string answer = served.say(kHead);

    EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 5\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

GREENLET_TEST(FileBody, GoesInChunksBehindWhatWasWritten) {
    const Folder folder;
    const std::string path = folder.file("hello");
    ServedApplication served{[&](Environ&, StartResponse& start_response) -> Body {
        start_response("200 OK", {})("ab");
        return File{.path = path};
    }};

    EXPECT_EQ(body_of(served.say(kGet)), "2\r\nab\r\n5\r\nhello\r\n0\r\n\r\n");
}

GREENLET_TEST(FileBody, ThatCannotBeOpenedIsTheApplicationsException) {
    const Folder folder;
    std::string caught;
    ServedApplication served{[&](Environ& environ, StartResponse& start_response) -> Body {
        start_response("200 OK", {});
        if (environ["PATH_INFO"] != "/caught") return File{.path = folder.path() / "none"};
        try {
            return File{.path = folder.path() / "none"};
        } catch (const std::system_error& error) {
            caught = error.what();
        }
        return "nothing";
    }};

    EXPECT_THAT(served.say(kGet), StartsWith("HTTP/1.1 500 "));
    EXPECT_THAT(served.errors, SizeIs(1));
    EXPECT_THAT(served.say("GET /caught HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
                EndsWith("\r\n\r\nnothing"));
    EXPECT_EQ(caught, "open " + (folder.path() / "none").string() + ": No such file or directory");
}

GREENLET_TEST(FileBody, MustBeARegularFile) {
    const Folder folder;
    const std::string fifo = folder.path() / "fifo";
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);

    EXPECT_THROW(Body{File{.path = fifo}}, std::system_error);
    EXPECT_THROW(Body{File{.path = folder.path()}}, std::system_error);
    EXPECT_THROW(Body{File{.path = "/dev/null"}}, std::system_error);
}

GREENLET_TEST(FileBody, ShorterThanToldCostsTheConnectionAndIsReported) {
    const Folder folder;
    ServedApplication served{answers({.path = folder.file("hello"), .length = 9})};

    const std::string answer = served.say(kGet);

    EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 9\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\nhello"));
    EXPECT_THAT(served.errors, SizeIs(1));
}

GREENLET_TEST(FileBody, CutShortWhileItIsSentCostsTheConnectionAndIsReported) {
    const Folder folder;
    const std::string path = folder.zeros(200'000'000);
    ServedApplication served{answers({.path = path})};

    Client client{served.address()};
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    std::string begin(1000, '\0');
    client.stream().recv(begin);
    std::filesystem::resize_file(path, 1'000'000);
    const std::string rest = client.read_to_end();  // so the server has closed

    EXPECT_THAT(begin, HasSubstr("\r\nContent-Length: 200000000\r\n"));
    EXPECT_LT(rest.size(), 200'000'000U);
    EXPECT_THAT(served.errors, SizeIs(1));
}

GREENLET_TEST(FileBody, IsCutToAContentLengthOfTheApplications) {
    const Folder folder;
    for (const std::uint64_t bytes : {std::uint64_t{10}, std::uint64_t{300'000}}) {
        ServedApplication served{answers({.path = folder.zeros(bytes)}, {{"Content-Length", "9"}})};

        const std::string answer = served.say(kGet);

        EXPECT_EQ(body_of(answer), std::string(9, '\0'));
        EXPECT_THAT(served.errors, SizeIs(1));
    }
    ServedApplication served{
        answers({.path = folder.zeros(300'000)}, {{"Content-Length", "200000"}})};
    EXPECT_EQ(body_of(served.say(kGet)).size(), 200'000U);
    EXPECT_THAT(served.errors, SizeIs(1));
}

// Whose client cannot be told more, as the answer is left in pieces.
GREENLET_TEST(FileBody, OfAKilledHandlerClosesTheConnectionAtOnce) {
    const Folder folder;
    const std::string path = folder.zeros(200'000'000);
    AnyGreenlet handler;
    ServedApplication served{[&](Environ&, StartResponse& start_response) -> Body {
        start_response("200 OK", {});
        handler = getcurrent();
        return Body{File{.path = path}}.on_close([] {});  // so that the greenlet sends it
    }};
    Client client{served.address()};
    client.send(kGet);
    test::let_the_hub_turn();
    ASSERT_EQ(served.server.requests_running(), 1U);

    handler.kill();
    test::let_the_hub_turn();

    EXPECT_EQ(served.server.connections(), 0U);
}

GREENLET_TEST(FileBody, OfAClientThatGoesEndsTheRequestAlone) {
    const Folder folder;
    int closed = 0;
    const std::string path = folder.zeros(200'000'000);
    ServedApplication served{[&](Environ&, StartResponse& start_response) -> Body {
        start_response("200 OK", {});
        return Body{File{.path = path}}.on_close([&] { ++closed; });
    }};
    {
        Client client{served.address()};
        client.send(kGet);
        std::string begin(1000, '\0');
        client.stream().recv(begin);
    }
    for (int i = 0; i < 1000 && closed == 0; ++i) sleep(1ms);

    EXPECT_EQ(closed, 1);
    EXPECT_THAT(served.errors, SizeIs(0));
    EXPECT_THAT(served.say(kHead), StartsWith("HTTP/1.1 200 OK\r\n"));
}

}  // namespace
}  // namespace grove::http
