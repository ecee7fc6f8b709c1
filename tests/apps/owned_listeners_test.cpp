#include "owned_listeners.h"

#include <filesystem>
#include <string>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <grove/core/detail/listening_socket.h>
#include <grove/http/bind_address.h>

#include "temporary_folder.h"

namespace grove::http {
namespace {

using testing::SizeIs;

int option_of(int fd, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    ::getsockopt(fd, level, name, &value, &size);
    return value;
}

// Which sockets there are behind descriptors.
std::vector<ino_t> inodes_of(const std::vector<int>& descriptors) {
    std::vector<ino_t> inodes;
    for (const int fd : descriptors) {
        struct stat status {};
        ::fstat(fd, &status);
        inodes.push_back(status.st_ino);
    }
    return inodes;
}

// What a worker gets. Its object stands for the worker's process.
struct Share {
    Share(const MasterListener& what, std::size_t workers, std::size_t index = 0,
          const std::vector<int>& inherited = {})
        : listener{what, bind_addresses(what.address), workers, 16, inherited},
          descriptors{listener.take_share(index, workers)} {}
    ~Share() {
        for (const int fd : descriptors) ::close(fd);
    }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    OwnedListener listener;
    std::vector<int> descriptors;
};

TEST(OwnedListener, HasAQueueForEachWorker) {
    OwnedListener listener{{.address = "127.0.0.1:0"}, {Address::ip("127.0.0.1", 0)}, 3, 16};
    listener.grow(5);
    EXPECT_THAT(listener.take_share(1, 3), SizeIs(2)) << "the second and the fifth of five";
}

TEST(OwnedListener, QueuesNobodyForWorkersThatDoNotServeYet) {
    OwnedListener listener{{.address = "127.0.0.1:0"}, {Address::ip("127.0.0.1", 0)}, 1, 16};
    listener.grow(3);
    listener.drop_silent();
    listener.grow(2);
    std::vector<bool> listen;
    for (const int fd : listener.take_share(0, 1)) {
        listen.push_back(!listening_address(fd).empty());
        ::close(fd);
    }
    EXPECT_THAT(listen, testing::ElementsAre(true, false));
}

TEST(OwnedListener, IsOneQueueIfItIsSharedOrUnix) {
    const TemporaryFolder folder;
    EXPECT_THAT((Share{{.address = "127.0.0.1:0", .shared = true}, 3, 2}.descriptors), SizeIs(1));
    EXPECT_THAT((Share{{.address = "unix:" + (folder.path() / "s").string()}, 3, 2}.descriptors),
                SizeIs(1));
}

TEST(OwnedListener, DefersAcceptingIfToldTo) {
    const Share eager{{.address = "127.0.0.1:0"}, 1};
    const Share patient{{.address = "127.0.0.1:0", .defer_accept = true}, 2, 1};
    EXPECT_EQ(option_of(eager.descriptors.at(0), IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
    EXPECT_GT(option_of(patient.descriptors.at(0), IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
}

TEST(OwnedListener, GivesAUnixSocketItsMode) {
    const TemporaryFolder folder;
    const std::string path = folder.path() / "s";
    const Share share{{.address = "unix:" + path, .mode = "0612"}, 1};
    EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms{0612});
}

TEST(OwnedListener, TakesASocketThatIsThereAlreadyAsOneQueueForAll) {
    const FileDescriptor other = listen_on(Address::ip("127.0.0.1", 0));
    const FileDescriptor there = listen_on(Address::ip("127.0.0.1", 0));
    const std::string address = Address::local_of(there.get()).text();
    for (const std::size_t index : {0U, 1U}) {
        const Share share{{.address = address}, 2, index, {other.get(), there.get()}};
        EXPECT_EQ(inodes_of(share.descriptors), inodes_of({there.get()}));
        EXPECT_EQ(option_of(share.descriptors[0], IPPROTO_TCP, TCP_NODELAY), 1);
        EXPECT_EQ(share.listener.bound().at(0).text(), address);
    }
    EXPECT_EQ(listening_address(there.get()), address) << "it is still there";
}

TEST(OwnedListener, LeavesTheFileOfASocketThatWasThereAlready) {
    const TemporaryFolder folder;
    const std::string path = folder.path() / "s";
    const FileDescriptor there = listen_on(Address::unix_path(path));
    {
        const Share share{{.address = "unix:" + path}, 1, 0, {there.get()}};
        EXPECT_EQ(inodes_of(share.descriptors), inodes_of({there.get()}));
    }
    EXPECT_TRUE(std::filesystem::exists(path));
}

// O-015
TEST(OwnedListener, BindsAllThatANameMeansAtOnePort) {
    OwnedListener listener{{.address = "two.test:0"}, bind_addresses("two.test:0"), 3, 16};
    const std::vector<Address> bound = listener.bound();
    ASSERT_THAT(bound, SizeIs(2));
    EXPECT_EQ(bound[0].host(), "127.0.0.1");
    EXPECT_EQ(bound[1].text(), "127.0.0.2:" + std::to_string(bound[0].port()));

    listener.grow(4);
    listener.listen(16);
    std::vector<std::string> served;
    const std::vector<int> share = listener.take_share(1, 4);
    for (const int fd : share) {
        served.push_back(listening_address(fd));
        ::close(fd);
    }
    EXPECT_THAT(served, testing::ElementsAre(bound[0].text(), bound[1].text()));
}

// O-015
TEST(OwnedListener, TakesOnlyThoseOfANamesAddressesThatAreThereAlready) {
    const FileDescriptor there = listen_on(Address::ip("127.0.0.1", 0));
    const std::string port = std::to_string(Address::local_of(there.get()).port());
    const Share share{{.address = "two.test:" + port}, 2, 0, {there.get()}};
    ASSERT_THAT(share.descriptors, SizeIs(2));
    EXPECT_EQ(inodes_of({share.descriptors[0]}), inodes_of({there.get()}));
    EXPECT_EQ(listening_address(share.descriptors[1]), "127.0.0.2:" + port);
}

// O-015
TEST(OwnedListener, OfAllInterfacesTakesOneThatWasOpenedWithoutIpv6) {
    const FileDescriptor there = listen_on(Address::ip("0.0.0.0", 0));
    const std::string port = std::to_string(Address::local_of(there.get()).port());
    const Share share{{.address = ":" + port}, 2, 1, {there.get()}};
    EXPECT_EQ(inodes_of(share.descriptors), inodes_of({there.get()}));
}

// O-005, O-015
TEST(OpenListeners, LooksUpTheAddressesOfNewListenersOnly) {
    Generation generation{.listeners = {{.address = "two.test:0"}}};
    std::vector<std::string> read;
    Sources sources{[&](const std::string& what) { read.push_back(what); }};
    const OwnedListeners before = open_listeners(generation, {}, {}, sources);
    generation.listeners.push_back({.address = "127.0.0.1:0"});
    Sources others{[&](const std::string& what) { read.push_back(what); }};
    const OwnedListeners after = open_listeners(generation, before, {}, others);
    EXPECT_THAT(read, testing::ElementsAre("looking up two.test:0", "looking up 127.0.0.1:0"));
    EXPECT_EQ(after.at(0), before.at(0)) << "with its sockets and its port";
    EXPECT_THAT(find_listeners({{.address = "two.test:0"}, {.address = "two.test:0"}}, after),
                testing::ElementsAre(after.at(0), nullptr));
}

TEST(ListeningAddress, IsNoneOfWhatDoesNotListen) {
    const FileDescriptor idle{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    EXPECT_EQ(listening_address(idle.get()), "");
    EXPECT_EQ(listening_address(-1), "");
    EXPECT_EQ(listening_address(STDIN_FILENO), "");
}

}  // namespace
}  // namespace grove::http
