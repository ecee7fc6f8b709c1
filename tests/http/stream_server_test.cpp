// Accepting and spawning (S-015, S-020 to S-028).
#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <grove/core/detail/listening_socket.h>
#include <grove/core/errors.h>
#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/http/stream_server.h>
#include <grove/pool/pool.h>

#include "greenlet_test.h"
#include "http_client.h"
#include "stream_servers.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::ServerOptions;
using http::Spawn;
using http::StreamServer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Collects what the hub is told of, in place of standard error.
std::vector<std::string>& reports() {
    static thread_local std::vector<std::string> lines;
    lines.clear();
    get_hub().set_error_handler([](const std::string& context, std::exception_ptr error) {
        lines.push_back(context + ": " + describe(error));
    });
    return lines;
}

using Clients = std::vector<std::unique_ptr<Client>>;

Clients connect_many(const StreamServer& server, int count) {
    Clients clients;
    for (int made = 0; made < count; ++made)
        clients.push_back(std::make_unique<Client>(address_of(server)));
    return clients;
}

GREENLET_TEST(StreamServer, ServesWithEveryFormOfSpawn) {  // S-020
    for (const Spawn& spawn :
         {Spawn{}, Spawn{2}, Spawn{std::make_shared<Pool>(3)}, Spawn::raw(), Spawn::none()}) {
        StreamServer server{"127.0.0.1:0", say_x, {.spawn = spawn}};
        server.start();
        for (const auto& client : connect_many(server, 10)) EXPECT_EQ(client->read_to_end(), "x");
        server.stop();
    }
}

GREENLET_TEST(StreamServer, WithoutGreenletsReportsAHandlerThatBlocks) {  // S-020
    const auto& lines = reports();
    StreamServer server{
        "127.0.0.1:0", [](Stream&, const Address&) { sleep(1s); }, {.spawn = Spawn::none()}};
    server.start();
    EXPECT_TRUE(Client{address_of(server)}.at_end());
    EXPECT_TRUE(Client{address_of(server)}.at_end());
    EXPECT_TRUE(server.started());
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_THAT(lines[0], HasSubstr("BlockingInHub"));
}

GREENLET_TEST(StreamServer, ClosesTheConnectionHoweverTheHandlerEnds) {  // S-021
    const auto& lines = reports();
    StreamServer server{"127.0.0.1:0", [](Stream& stream, const Address&) {
                            stream.sendall("x");
                            throw std::runtime_error{"broken"};
                        }};
    server.start();

    EXPECT_EQ(Client{address_of(server)}.read_to_end(), "x");
    EXPECT_TRUE(server.started());
    EXPECT_THAT(lines, ElementsAre(HasSubstr("broken")));
}

GREENLET_TEST(StreamServer, LetsAHandlerKeepItsStream) {  // S-021
    std::unique_ptr<Stream> kept;
    StreamServer server{"127.0.0.1:0", [&](Stream& stream, const Address&) {
                            kept = std::make_unique<Stream>(std::move(stream));
                        }};
    server.start();
    Client client{address_of(server)};
    EXPECT_TRUE(client.silent());

    kept->sendall("later");
    kept.reset();

    EXPECT_EQ(client.read_to_end(), "later");
}

GREENLET_TEST(StreamServer, AcceptsNothingWhileItsPoolIsFull) {  // S-022
    auto pool = std::make_shared<Pool>(1);
    Event go;
    int served = 0;
    StreamServer server{"127.0.0.1:0",
                        [&](Stream& stream, const Address&) {
                            ++served;
                            char byte = 0;
                            stream.recv({&byte, 1});
                        },
                        {.spawn = pool}};
    server.start();
    Clients clients = connect_many(server, 3);
    let_the_hub_turn();
    EXPECT_EQ(served, 1);

    clients[0]->close();
    let_the_hub_turn();
    EXPECT_EQ(served, 2);

    clients[1]->close();
    let_the_hub_turn();
    EXPECT_EQ(served, 3);
    clients.clear();
    server.stop();
}

GREENLET_TEST(StreamServer, LetsTheHubSleepWhileItLeavesClientsWaiting) {  // S-013, S-022
    const auto turns_in_a_while = [] {
        const std::uint64_t before = get_hub().rounds();
        sleep(50ms);
        return get_hub().rounds() - before;
    };
    StreamServer paused{"127.0.0.1:0", say_x};
    paused.start();
    paused.stop_accepting();
    StreamServer full{"127.0.0.1:0", [](Stream&, const Address&) { sleep(); }, {.spawn = 0}};
    full.start();

    const Clients left = connect_many(paused, 3);
    const Clients left_too = connect_many(full, 3);
    EXPECT_LT(turns_in_a_while(), 20U);
    full.stop();
    paused.start_accepting();
    for (const auto& client : left) EXPECT_EQ(client->read_to_end(), "x");
    paused.stop();
}

GREENLET_TEST(StreamServer, GoesOnWhenAnotherUserFreesTheSharedPool) {  // S-022, S-023
    auto pool = std::make_shared<Pool>(1);
    auto foreign = pool->spawn([] { sleep(20ms); });
    StreamServer server{"127.0.0.1:0", say_x, {.spawn = pool}};
    server.start();

    EXPECT_EQ(Client{address_of(server)}.read_to_end(), "x");
    server.stop();
}

GREENLET_TEST(StreamServer, SharesAPoolWithAnotherServer) {  // S-023
    auto pool = std::make_shared<Pool>(1);
    StreamServer first{"127.0.0.1:0", say_x, {.spawn = pool}};
    StreamServer second{"127.0.0.1:0", say_x, {.spawn = pool}};
    first.start();
    second.start();
    Clients clients = connect_many(first, 100);
    for (auto& client : connect_many(second, 100)) clients.push_back(std::move(client));

    for (const auto& client : clients) ASSERT_EQ(client->read_to_end(), "x");

    first.stop();
    EXPECT_EQ(Client{address_of(second)}.read_to_end(), "x");
    second.stop();
}

GREENLET_TEST(StreamServer, OfAPoolWithoutSlotsWaitsAndStops) {  // S-023
    StreamServer server{"127.0.0.1:0", say_x, {.spawn = 0}};
    server.start();
    Client client{address_of(server)};
    EXPECT_TRUE(client.silent());
    server.stop();
}

GREENLET_TEST(StreamServer, LetsOthersRunBetweenManyAccepts) {  // S-024
    StreamServer server{"127.0.0.1:0", say_x, {.backlog = 400, .max_accept = 5}};
    server.start();
    server.stop_accepting();
    Clients clients = connect_many(server, 300);
    std::uint64_t turns = 0;
    auto ticker = spawn([&] {
        for (;; ++turns) sleep();
    });

    server.start_accepting();
    for (const auto& client : clients) ASSERT_EQ(client->read_to_end(), "x");
    ticker.kill();

    EXPECT_GE(turns, 300U / 5U);
}

GREENLET_TEST(StreamServer, SharesAListeningSocketWithAnotherServer) {  // S-015
    const auto& lines = reports();
    FileDescriptor fd = listen_on(Address::ip("127.0.0.1", 0));
    FileDescriptor same{::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0)};
    StreamServer first{http::Listener{fd.release()}, say_x, {.max_accept = 1}};
    StreamServer second{http::Listener{same.release()}, say_x, {.max_accept = 1}};
    first.start();
    second.start();

    // Each client wakes both, and one of them finds nothing to accept.
    for (int count = 0; count < 50; ++count)
        ASSERT_EQ(Client{address_of(first)}.read_to_end(), "x");
    for (const auto& client : connect_many(first, 50)) ASSERT_EQ(client->read_to_end(), "x");

    first.stop();
    for (const auto& client : connect_many(second, 50)) ASSERT_EQ(client->read_to_end(), "x");
    second.stop();
    EXPECT_THAT(lines, ::testing::IsEmpty());
}

GREENLET_TEST(StreamServer, BacksOffWhileThereAreNoDescriptors) {  // S-025
#if defined(__SANITIZE_ADDRESS__)
    // UBSan probes memory through a pipe: without descriptors it takes every object for a broken one.
    GTEST_SKIP() << "the sanitizer needs descriptors itself";
#endif
    const auto& lines = reports();
    StreamServer server{"127.0.0.1:0", say_x};
    server.start();
    server.stop_accepting();
    Client client{address_of(server)};
    rlimit usual{};
    ::getrlimit(RLIMIT_NOFILE, &usual);
    const rlimit none{3, usual.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);

    const auto start = std::chrono::steady_clock::now();
    server.start_accepting();
    while (lines.size() < 4) sleep(1ms);
    const auto pauses = std::chrono::steady_clock::now() - start;
    ::setrlimit(RLIMIT_NOFILE, &usual);

    EXPECT_EQ(client.read_to_end(), "x");
    EXPECT_GE(pauses, 70ms);  // 10, 20 and 40: not a loop of errors
    EXPECT_THAT(lines[0], HasSubstr("accept"));
}

GREENLET_TEST(StreamServer, LeavesConnectionsToOthersThatServeTheSameQueue) {
    FileDescriptor fd = listen_on(Address::ip("127.0.0.1", 0));
    FileDescriptor same{::dup(fd.get())};
    const Address address = Address::local_of(fd.get());
    int asked = 0;
    StreamServer modest{http::Listener{fd.release()},
                        [](Stream& stream, const Address&) { stream.sendall("modest"); },
                        {.others_first = [&] {
                            ++asked;
                            return true;
                        }}};
    StreamServer other{http::Listener{same.release()},
                       [](Stream& stream, const Address&) { stream.sendall("other"); }};
    modest.start();
    other.start();
    EXPECT_EQ(Client{address}.read_to_end(), "other");
    EXPECT_GT(asked, 0);

    other.stop_accepting();  // it stands: what it leaves is taken
    for (int i = 0; i < 10; ++i) EXPECT_EQ(Client{address}.read_to_end(), "modest");
    modest.stop();
    other.stop();
}

GREENLET_TEST(StreamServer, ClosesItselfAfterAFatalErrorAndServeForeverThrowsIt) {  // S-026
    const auto& lines = reports();
    FileDescriptor fd = listen_on(Address::ip("127.0.0.1", 0));
    const int number = fd.get();
    StreamServer server{http::Listener{fd.release()}, say_x};
    auto forever = spawn([&] { server.serve_forever(); });
    sleep();

    ::shutdown(number, SHUT_RDWR);
    EXPECT_THROW(forever.get(true, 5s), std::system_error);

    EXPECT_TRUE(server.closed());
    EXPECT_GE(lines.size(), 1U);
    EXPECT_THAT(lines[0], HasSubstr("the listener 127.0.0.1:"));
}

GREENLET_TEST(StreamServer, SurvivesAHandlerThatCannotBeSpawned) {  // S-027
    const auto& lines = reports();
    int fails = 3;
    // Without greenlets the handler's own exception stands for the spawn's.
    StreamServer server{"127.0.0.1:0",
                        [&](Stream& stream, const Address&) {
                            if (fails-- > 0) throw std::bad_alloc{};
                            stream.sendall("x");
                        },
                        {.spawn = Spawn::none()}};
    server.start();
    const auto began = std::chrono::steady_clock::now();
    for (int failing = 0; failing < 3; ++failing) EXPECT_TRUE(Client{address_of(server)}.at_end());

    EXPECT_EQ(Client{address_of(server)}.read_to_end(), "x");
    EXPECT_GE(std::chrono::steady_clock::now() - began, 65ms);  // 10, 20, 40
    EXPECT_EQ(lines.size(), 3U);
}

/// No further memory for this process while it lives; what it has mapped it may still use.
class NoMoreMemory {
public:
    NoMoreMemory() {
        ::getrlimit(RLIMIT_AS, &usual_);
        rlim_t pages = 0;
        std::ifstream{"/proc/self/statm"} >> pages;
        const rlimit none{pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)), usual_.rlim_max};
        ::setrlimit(RLIMIT_AS, &none);
    }
    ~NoMoreMemory() { ::setrlimit(RLIMIT_AS, &usual_); }
    NoMoreMemory(const NoMoreMemory&) = delete;
    NoMoreMemory& operator=(const NoMoreMemory&) = delete;

private:
    rlimit usual_{};
};

GREENLET_TEST(StreamServer, SurvivesThatThereIsNoMemoryForAStack) {  // S-027
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a sanitizer needs memory itself";
#endif
    const auto& lines = reports();
    Event go;
    StreamServer server{"127.0.0.1:0", [&](Stream& stream, const Address&) {
                            stream.sendall("x");
                            go.wait();
                        }};
    server.start();
    Clients served;
    const auto is_served = [](Client& client) {
        char byte = 0;
        return client.stream().recv({&byte, 1}, kPatience) == 1;
    };
    Clients unserved;
    {
        const NoMoreMemory now;
        while (unserved.size() < 4 && served.size() < 5000) {
            auto client = std::make_unique<Client>(address_of(server));
            const bool good = is_served(*client);
            (good ? served : unserved).push_back(std::move(client));
        }
    }
    ASSERT_EQ(unserved.size(), 4U);  // each saw the end of its connection
    EXPECT_EQ(lines.size(), 4U);
    EXPECT_THAT(lines[0], HasSubstr("stack"));

    Client after{address_of(server)};
    EXPECT_TRUE(is_served(after));
    go.set();
    server.stop();
}

GREENLET_TEST(StreamServer, PausesAcceptingWhileHandlersGetNoStack) {  // S-025, S-027
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a sanitizer needs memory itself";
#endif
    reports();
    Event go;
    StreamServer server{"127.0.0.1:0", [&](Stream&, const Address&) { go.wait(); }};
    server.start();
    Clients clients;
    const NoMoreMemory now;
    while (clients.size() < 5000) {
        clients.push_back(std::make_unique<Client>(address_of(server)));
        if (!clients.back()->silent()) break;
    }
    const auto began = std::chrono::steady_clock::now();
    for (int failing = 0; failing < 3; ++failing) EXPECT_TRUE(Client{address_of(server)}.at_end());
    EXPECT_GE(std::chrono::steady_clock::now() - began, 65ms);  // 10, 20, 40
    go.set();
    server.stop();
}

GREENLET_TEST(StreamServer, MakesSocketsThatAChildDoesNotInherit) {  // S-028
    int flags = 0;
    StreamServer server{"127.0.0.1:0", [&](Stream& stream, const Address&) {
                            flags = ::fcntl(stream.fd(), F_GETFD);
                            int on = 0;
                            socklen_t bytes = sizeof on;
                            ::getsockopt(stream.fd(), IPPROTO_TCP, TCP_NODELAY, &on, &bytes);
                            EXPECT_NE(on, 0);
                        }};
    server.start();
    Client{address_of(server)}.read_to_end();
    EXPECT_NE(flags & FD_CLOEXEC, 0);
}

}  // namespace
}  // namespace grove::test
