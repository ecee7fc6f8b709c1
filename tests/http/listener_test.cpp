// What a server can be told to listen on (S-001 to S-005, S-014, S-029).
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <grove/core/detail/listening_socket.h>
#include <grove/core/greenlet.h>
#include <grove/http/stream_server.h>

#include "greenlet_test.h"
#include "http_client.h"
#include "made_up_network.h"
#include "temporary_folder.h"

namespace grove::test {
namespace {

using http::Listener;
using http::StreamServer;
using ::testing::HasSubstr;

void nothing(Stream&, const Address&) {}

std::string what_of(const std::string& text) {
    try {
        const StreamServer server{text, nothing};
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "accepted";
}

GREENLET_TEST(Listener, TakesAddressesInEveryForm) {  // S-001
    struct Row {
        const char *text, *host;
    };
    const std::string interfaces =  // "0.0.0.0" where the kernel has no IPv6
        Address::local_of(listen_on(Address::ip("", 0)).get()).host();
    const char* const all = interfaces.c_str();
    for (const Row row : {Row{"127.0.0.1:0", "127.0.0.1"}, Row{":0", all}, Row{"*:0", all},
                          Row{"0", all}, Row{"[::1]:0", "::1"}, Row{"0.0.0.0:0", "0.0.0.0"}}) {
        if (row.host == std::string{"::1"} && !has_family(AF_INET6)) continue;  // there is none
        StreamServer server{row.text, nothing};
        server.start();
        EXPECT_EQ(server.server_host(), row.host) << row.text;
        EXPECT_NE(server.server_port(), 0) << row.text;
    }
}

// O-015
GREENLET_TEST(Listener, OfAllInterfacesDoesWithoutIpv6) {
    for (const Ipv6 how : {Ipv6::kAbsent, Ipv6::kDisabled}) {
        const MadeUpIpv6 network{how};
        StreamServer server{":0", [](Stream& stream, const Address&) { stream.sendall("x"); }};
        server.start();
        EXPECT_EQ(server.server_host(), "0.0.0.0");
        EXPECT_EQ(Client{Address::ip("127.0.0.1", server.server_port())}.read_to_end(), "x");
        server.stop();
    }
}

// O-015
GREENLET_TEST(Listener, OfANameIsAllItsAddressesAtOnePort) {
    std::vector<std::string> peers;
    StreamServer server{"two.test:0", [&](Stream& stream, const Address& peer) {
                            peers.push_back(peer.host());
                            stream.sendall("x");
                        }};
    server.start();
    const std::uint16_t port = server.server_port();
    EXPECT_EQ(server.address(), "127.0.0.1:" + std::to_string(port));
    for (const char* host : {"127.0.0.1", "127.0.0.2"})
        EXPECT_EQ(Client{Address::ip(host, port)}.read_to_end(), "x") << host;
    server.stop();
    for (const char* host : {"127.0.0.1", "127.0.0.2"})
        EXPECT_THROW(Client{Address::ip(host, port)}, std::system_error) << host;

    server.start();
    EXPECT_EQ(server.server_port(), port);
    EXPECT_EQ(Client{Address::ip("127.0.0.2", port)}.read_to_end(), "x");
    server.stop_accepting();
    Client waits{Address::ip("127.0.0.2", port)};
    sleep(std::chrono::milliseconds{5});
    EXPECT_EQ(peers.size(), 3U);
    server.start_accepting();
    EXPECT_EQ(waits.read_to_end(), "x");
    server.stop();
}

// O-015
GREENLET_TEST(Listener, OfANameLeavesOutTheFamilyThatTheKernelLacks) {
    {
        const MadeUpIpv6 network{Ipv6::kAbsent};
        StreamServer server{"both.test:0", nothing};
        server.start();
        EXPECT_EQ(server.server_host(), "127.0.0.1");
        EXPECT_EQ(Client{Address::ip("127.0.0.1", server.server_port())}.read_to_end(), "");
        server.stop();
    }
    StreamServer server{"both.test:0", nothing};
    server.start();
    EXPECT_EQ(server.server_host(), has_family(AF_INET6) ? "::1" : "127.0.0.1");
    EXPECT_EQ(Client{Address::ip("127.0.0.1", server.server_port())}.read_to_end(), "");
    server.stop();
}

// O-015
GREENLET_TEST(Listener, NamesTheAddressOfANameThatCannotBeBound) {
    StreamServer server{"far.test:0", nothing};
    try {
        server.start();
        FAIL() << "192.0.2.1 is bound";
    } catch (const std::system_error& error) {
        EXPECT_THAT(error.what(), HasSubstr("cannot bind 192.0.2.1:"));
    }
    EXPECT_TRUE(server.closed());
}

GREENLET_TEST(Listener, RefusesWhatIsNoneAndNamesIt) {  // S-001
    for (const char* text : {"", "::1:80", "127.0.0.1", "h:80:90", "127.0.0.1:65536", "127.0.0.1:x",
                             "[::1:80", "unix:", "127.0.0.1:-1", "127.0.0.1: 80", "+80"}) {
        EXPECT_THAT(what_of(text), HasSubstr(text)) << text;
        EXPECT_NE(what_of(text), "accepted") << text;
    }
}

GREENLET_TEST(Listener, IsNotTouchedByTheConstructor) {  // S-002, S-003
    FileDescriptor fd = listen_on(Address::ip("127.0.0.1", 0));
    EXPECT_THROW(StreamServer(Listener{fd.get()}, nullptr), std::invalid_argument);
    EXPECT_THROW(StreamServer(Listener{fd.get()}, nothing, {.backlog = 5}), std::invalid_argument);
    EXPECT_THROW(StreamServer("127.0.0.1:0", nothing, {.max_accept = 0}), std::invalid_argument);
    EXPECT_THROW(Listener{STDIN_FILENO}, std::invalid_argument);
    EXPECT_EQ(::listen(fd.get(), 1), 0);  // still ours, and open
}

GREENLET_TEST(Listener, ThatIsASocketIsTakenOverOnce) {  // S-001, S-005, S-012
    FileDescriptor fd = listen_on(Address::ip("127.0.0.1", 0));
    const Address address = Address::local_of(fd.get());
    StreamServer server{Listener{fd.release()},
                        [](Stream& stream, const Address&) { stream.sendall("x"); }};
    EXPECT_FALSE(server.started());
    EXPECT_FALSE(server.closed());

    server.start();
    EXPECT_EQ(Client{address}.read_to_end(), "x");
    server.stop();

    EXPECT_TRUE(server.closed());
    EXPECT_THROW(server.start(), std::logic_error);
}

GREENLET_TEST(Listener, IsRefusedToASecondServer) {  // S-003, S-004
    StreamServer first{"127.0.0.1:0", nothing};
    first.start();
    StreamServer second{first.address(), nothing};

    try {
        second.start();
        FAIL() << "two servers on one port";
    } catch (const std::system_error& error) {
        EXPECT_THAT(error.what(), HasSubstr(first.address()));
    }
    EXPECT_TRUE(second.closed());

    Client{Address::ip("127.0.0.1", first.server_port())}.read_to_end();
    first.stop();
    second.start();  // also in TIME_WAIT
}

GREENLET_TEST(Listener, OfAllInterfacesShowsAnIpv4ClientAsSuch) {  // S-029
    std::string host;
    StreamServer server{":0", [&](Stream&, const Address& peer) { host = peer.host(); }};
    server.start();

    Client{Address::ip("127.0.0.1", server.server_port())}.read_to_end();

    EXPECT_EQ(host, "127.0.0.1");
    server.stop();
}

GREENLET_TEST(Listener, OfAUnixPathComesAndGoesWithTheServer) {  // S-014, S-029
    const TemporaryFolder folder;
    const std::string path = folder.path() / "socket";
    const Address address = Address::unix_path(path);
    std::string peer = "unset";
    const auto handler = [&](Stream& stream, const Address& from) {
        peer = from.host() + std::to_string(from.port());
        stream.sendall("x");
    };
    StreamServer server{"unix:" + path, handler};
    server.start();
    EXPECT_EQ(Client{address}.read_to_end(), "x");
    EXPECT_EQ(peer, "0");
    EXPECT_EQ(server.address(), "unix:" + path);
    EXPECT_EQ(server.server_host(), "");
    EXPECT_EQ(server.server_port(), 0);

    StreamServer rival{"unix:" + path, handler};
    EXPECT_THROW(rival.start(), std::system_error);
    EXPECT_EQ(Client{address}.read_to_end(), "x");  // unharmed

    server.stop();
    EXPECT_NE(::access(path.c_str(), F_OK), 0);
}

GREENLET_TEST(Listener, OfAUnixPathIsNotRemovedByAForkedChild) {  // S-014
    const TemporaryFolder folder;
    const std::string path = folder.path() / "socket";
    StreamServer server{"unix:" + path, nothing};
    server.start();

    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        server.close();
        ::_exit(0);
    }
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);

    EXPECT_EQ(::access(path.c_str(), F_OK), 0);
    server.stop();
    EXPECT_NE(::access(path.c_str(), F_OK), 0);
}

GREENLET_TEST(Listener, OfAUnixPathReplacesAStaleSocketButNothingElse) {  // S-014
    const TemporaryFolder folder;
    const std::string path = folder.path() / "socket";
    { const FileDescriptor dead = listen_on(Address::unix_path(path)); }
    ASSERT_EQ(::access(path.c_str(), F_OK), 0);  // a server that died leaves its file

    StreamServer server{"unix:" + path, nothing};
    server.start();
    ::unlink(path.c_str());
    std::fclose(std::fopen(path.c_str(), "w"));
    server.stop();
    EXPECT_EQ(::access(path.c_str(), F_OK), 0);  // not ours any more

    EXPECT_THROW(server.start(), std::system_error);
    struct stat file {};
    EXPECT_EQ(::stat(path.c_str(), &file), 0);
    EXPECT_TRUE(S_ISREG(file.st_mode));
}

}  // namespace
}  // namespace grove::test
