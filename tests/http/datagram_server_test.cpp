// C-070
#include <grove/http/datagram_server.h>

#include <array>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include <grove/core/datagram.h>
#include <grove/core/detail/datagram_socket.h>
#include <grove/core/detail/listening_socket.h>
#include <grove/core/errors.h>
#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/core/tls.h>
#include <grove/http/bind_address.h>
#include <grove/http/stream_server.h>

#include "greenlet_test.h"
#include "temporary_folder.h"

namespace grove::http {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

void answer(const std::string& data, const Address& from, Datagram& socket) {
    socket.send_to("re: " + data, from, 5s);
}

std::string ask(Datagram& client, const std::string& text) {
    std::array<char, 70'000> bytes;
    client.send(text, 5s);
    return {bytes.data(), client.recv(bytes, 5s)};
}

Address address_of(const DatagramServer& server) { return Address::parse(server.address()); }

GREENLET_TEST(DatagramServer, HandlesEachMessageAndAnswers) {
    DatagramServer server{"127.0.0.1:0", answer};
    server.start();
    EXPECT_NE(server.server_port(), 0);
    Datagram client = Datagram::connect(address_of(server));
    EXPECT_EQ(ask(client, "one"), "re: one");
    EXPECT_EQ(ask(client, ""), "re: ");
    EXPECT_EQ(ask(client, std::string(60'000, 'x')).size(), 60'004U);
    EXPECT_EQ(server.dropped(), 0U);
    server.stop();
}

GREENLET_TEST(DatagramServer, SendsFromAnywhere) {
    DatagramServer server{"127.0.0.1:0", [](std::string, const Address&, Datagram&) {}};
    EXPECT_THROW(static_cast<void>(server.socket()), std::logic_error);
    server.start();
    Datagram client = Datagram::connect(address_of(server));
    server.socket().send_to("unasked", client.local());
    std::array<char, 100> bytes;
    EXPECT_EQ(client.recv(bytes, 5s), 7U);
    server.stop();
}

GREENLET_TEST(DatagramServer, AnswersWhereTheMessageCame) {
    DatagramServer server{"localhost:0", answer};
    server.start();
    for (const Address& each :
         bind_addresses("localhost:" + std::to_string(server.server_port()))) {
        if (!has_family(each.family())) continue;
        Datagram client = Datagram::connect(each);
        EXPECT_EQ(ask(client, each.text()), "re: " + each.text());
    }
    server.stop();
}

GREENLET_TEST(DatagramServer, ServesAUnixSocketAndRemovesItsFile) {
    const TemporaryFolder folder;
    const std::string path = (folder.path() / "d.sock").string();
    DatagramServer server{"unix:" + path, answer};
    server.start();
    Datagram client = Datagram::connect(Address::unix_path(path));
    EXPECT_EQ(ask(client, "hello"), "re: hello");
    server.stop();
    EXPECT_NE(::access(path.c_str(), F_OK), 0);
}

GREENLET_TEST(DatagramServer, TakesABoundDescriptorAndNoOther) {
    FileDescriptor bound = bind_datagram(Address::ip("127.0.0.1", 0));
    const Address where = Address::local_of(bound.get());
    EXPECT_THROW((StreamServer{Listener{bound.get()}, [](Stream&, const Address&) {}}),
                 std::invalid_argument);
    const FileDescriptor stream = listen_on(Address::ip("127.0.0.1", 0));
    EXPECT_THROW((DatagramServer{Listener{stream.get()}, answer}), std::invalid_argument);
    DatagramServer server{Listener{bound.release()}, answer};
    server.start();
    Datagram client = Datagram::connect(where);
    EXPECT_EQ(ask(client, "hello"), "re: hello");
    server.stop();
}

GREENLET_TEST(DatagramServer, RefusesWhatDatagramsDoNotHave) {
    EXPECT_THROW((DatagramServer{"127.0.0.1:0", {}}), std::invalid_argument);
    EXPECT_THROW((DatagramServer{"127.0.0.1:0", answer, {.backlog = 5}}), std::invalid_argument);
    EXPECT_THROW((DatagramServer{"127.0.0.1:0", answer, {.max_accept = 0}}), std::invalid_argument);
    EXPECT_THROW((DatagramServer{"127.0.0.1:0", answer, {.tls = TlsContext::client({})}}),
                 std::invalid_argument);
}

GREENLET_TEST(DatagramServer, LeavesMessagesInTheQueueWhileThePoolIsFull) {
    std::vector<std::string> begun;
    Event go;
    DatagramServer server{"127.0.0.1:0",
                          [&](std::string data, const Address&, Datagram&) {
                              begun.push_back(std::move(data));
                              go.wait();
                          },
                          {.spawn = 2}};
    server.start();
    Datagram client = Datagram::connect(address_of(server));
    for (const char* text : {"1", "2", "3", "4"}) client.send(text);
    while (begun.size() < 2) sleep(1ms);
    for (int turn = 0; turn < 10; ++turn) sleep();
    EXPECT_THAT(begun, ElementsAre("1", "2"));
    go.set();
    while (begun.size() < 4) sleep(1ms);
    EXPECT_THAT(begun, ElementsAre("1", "2", "3", "4"));
    EXPECT_EQ(server.dropped(), 0U);
    server.stop();
}

GREENLET_TEST(DatagramServer, CountsWhatTheKernelDropped) {
    std::size_t served = 0;
    FileDescriptor bound = bind_datagram(Address::ip("127.0.0.1", 0));
    const int small = 1;  // the kernel takes its least
    ::setsockopt(bound.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    Datagram client = Datagram::connect(Address::local_of(bound.get()));
    DatagramServer server{Listener{bound.release()},
                          [&](std::string, const Address&, Datagram&) { ++served; }};
    server.start();
    server.stop_accepting();
    constexpr std::size_t kSent = 100;
    for (std::size_t i = 0; i < kSent; ++i) client.send(std::string(1000, 'x'));
    server.start_accepting();
    while (served + server.dropped() < kSent) sleep(1ms);
    EXPECT_EQ(served + server.dropped(), kSent);
    EXPECT_GT(served, 0U);
    EXPECT_GT(server.dropped(), 0U);
    const std::uint64_t dropped = server.dropped();
    server.stop();
    EXPECT_EQ(server.dropped(), dropped);
}

GREENLET_TEST(DatagramServer, LetsOthersRunAfterSixtyFourMessages) {
    std::size_t served = 0;
    DatagramServer server{"127.0.0.1:0",
                          [&](std::string, const Address&, Datagram&) { ++served; },
                          {.spawn = Spawn::none()}};
    server.start();
    server.stop_accepting();
    Datagram client = Datagram::connect(address_of(server));
    for (int i = 0; i < 150; ++i) client.send("x");
    std::vector<std::size_t> seen;
    server.start_accepting();
    while (served < 150) {
        sleep();
        if (seen.empty() || seen.back() != served) seen.push_back(served);
    }
    EXPECT_THAT(seen,
                ::testing::IsSupersetOf({std::size_t{64}, std::size_t{128}, std::size_t{150}}));
    server.stop();
}

GREENLET_TEST(DatagramServer, LetsItsHandlersAnswerAfterItStopped) {
    Event go;
    DatagramServer server{"127.0.0.1:0",
                          [&](const std::string& data, const Address& from, Datagram& socket) {
                              go.wait();
                              answer(data, from, socket);
                          }};
    server.start();
    const Address where = address_of(server);
    Datagram client = Datagram::connect(where);
    client.send("hello");
    for (int turn = 0; turn < 20; ++turn) sleep(1ms);
    auto stopping = spawn([&] { server.stop(5s); });
    sleep();
    go.set();
    stopping.join();
    std::array<char, 100> bytes;
    EXPECT_EQ(client.recv(bytes, 5s), 9U);
    EXPECT_EQ(server.socket().fd(), -1);
    const Datagram free_again = Datagram::bind(where);
}

GREENLET_TEST(DatagramServer, StartsAgainOnItsPortWhileAHandlerRuns) {
    Event go;
    std::optional<int> error;
    DatagramServer server{"127.0.0.1:0",
                          [&](const std::string& data, const Address& from, Datagram& socket) {
                              if (data == "slow") go.wait();
                              try {
                                  answer(data, from, socket);
                              } catch (const std::system_error& thrown) {
                                  error = thrown.code().value();
                              }
                          }};
    server.start();
    const std::string where = server.address();
    Datagram client = Datagram::connect(Address::parse(where));
    client.send("slow");
    for (int turn = 0; turn < 20; ++turn) sleep(1ms);
    server.close();
    server.start();
    EXPECT_EQ(server.address(), where);
    EXPECT_EQ(ask(client, "quick"), "re: quick");
    go.set();
    server.stop();
    EXPECT_EQ(error, EBADF);
}

GREENLET_TEST(DatagramServer, KillsHandlersThatOutlastStop) {
    bool unwound = false;
    DatagramServer server{"127.0.0.1:0", [&](std::string, const Address&, Datagram&) {
                              struct Unwound {
                                  bool& flag;
                                  ~Unwound() { flag = true; }
                              } const mark{unwound};
                              sleep(1h);
                          }};
    server.start();
    Datagram client = Datagram::connect(address_of(server));
    client.send("x");
    for (int turn = 0; turn < 20; ++turn) sleep(1ms);
    server.stop(1ms);
    EXPECT_TRUE(unwound);
    EXPECT_EQ(server.socket().fd(), -1);
}

GREENLET_TEST(DatagramServer, ReportsAHandlerThatThrowsAndGoesOn) {
    std::vector<std::string> reports;
    get_hub().set_error_handler(
        [&](const std::string&, std::exception_ptr error) { reports.push_back(describe(error)); });
    DatagramServer server{"127.0.0.1:0",
                          [](const std::string& data, const Address& from, Datagram& socket) {
                              if (data == "bad") throw std::runtime_error{"a bad message"};
                              answer(data, from, socket);
                          }};
    server.start();
    Datagram client = Datagram::connect(address_of(server));
    client.send("bad");
    EXPECT_EQ(ask(client, "good"), "re: good");
    EXPECT_THAT(reports, ElementsAre(HasSubstr("a bad message")));
    server.stop();
    get_hub().set_error_handler({});
}

GREENLET_TEST(DatagramServer, ServesUntilItIsStopped) {
    DatagramServer server{"127.0.0.1:0", answer};
    auto serving = spawn([&] { server.serve_forever(); });
    sleep();
    EXPECT_TRUE(server.started());
    server.stop();
    serving.join();
    EXPECT_TRUE(serving.successful());
}

}  // namespace
}  // namespace grove::http
