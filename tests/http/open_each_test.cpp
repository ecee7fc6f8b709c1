// The sockets of a name that means several addresses (O-015).
#include "open_each.h"

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <grove/core/detail/listening_socket.h>
#include <grove/http/bind_address.h>
#include <grove/http/sources.h>

#include "made_up_network.h"

namespace grove::http {
namespace {

using test::Ipv6;
using test::MadeUpIpv6;
using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<Address> kTwo{Address::ip("127.0.0.1", 0), Address::ip("127.0.0.2", 0)};

FileDescriptor open(const Address& address) { return listen_on(address); }

std::vector<Address> bound_of(const std::vector<FileDescriptor>& sockets) {
    std::vector<Address> all;
    for (const FileDescriptor& fd : sockets) all.push_back(Address::local_of(fd.get()));
    return all;
}

std::vector<std::string> hosts_of(const std::vector<Address>& addresses) {
    std::vector<std::string> hosts;
    for (const Address& address : addresses) hosts.push_back(address.host());
    return hosts;
}

[[noreturn]] void refuse(int error) {
    throw std::system_error{error, std::generic_category(), "made up"};
}

TEST(OpenEach, HasOnePortForAll) {
    const std::vector<FileDescriptor> sockets = open_each(kTwo, open);
    const std::vector<Address> bound = bound_of(sockets);
    EXPECT_THAT(hosts_of(bound), ElementsAre("127.0.0.1", "127.0.0.2"));
    EXPECT_EQ(bound[0].port(), bound[1].port());
    EXPECT_NE(bound[0].port(), 0);
}

TEST(OpenEach, TriesAnotherPortIfTheSecondHasTheFirstOnesTaken) {
    std::vector<std::uint16_t> refused;
    const auto open_late = [&](const Address& address) {
        if (address.host() == "127.0.0.2" && refused.size() < 3) {
            refused.push_back(address.port());
            refuse(EADDRINUSE);
        }
        return open(address);
    };
    const std::vector<FileDescriptor> sockets = open_each(kTwo, open_late);
    const std::vector<Address> bound = bound_of(sockets);
    EXPECT_EQ(bound.at(0).port(), bound.at(1).port());
    EXPECT_EQ(refused.size(), 3U);
}

TEST(OpenEach, GivesUpInTheEnd) {
    int opened = 0;
    const auto never = [&](const Address& address) {
        ++opened;
        if (address.host() == "127.0.0.2") refuse(EADDRINUSE);
        return open(address);
    };
    EXPECT_THROW(open_each(kTwo, never), std::system_error);
    EXPECT_LT(opened, 100);
    opened = 0;
    const auto other_error = [&](const Address&) -> FileDescriptor {
        ++opened;
        refuse(EACCES);
    };
    EXPECT_THROW(open_each(kTwo, other_error), std::system_error);
    EXPECT_EQ(opened, 1) << "of another fault a second attempt makes nothing better";
}

TEST(OpenEach, DoesNotLookForAnotherPortIfOneWasAskedFor) {
    const FileDescriptor taken = listen_on(Address::ip("127.0.0.2", 0));
    const std::uint16_t port = Address::local_of(taken.get()).port();
    try {
        open_each({kTwo[0].with_port(port), kTwo[1].with_port(port)}, open);
        FAIL() << "bound twice";
    } catch (const std::system_error& error) {
        EXPECT_THAT(error.what(), HasSubstr("127.0.0.2:" + std::to_string(port)));
    }
}

TEST(OpenEach, LeavesOutWhatTheKernelDoesNotHave) {
    for (const Ipv6 how : {Ipv6::kAbsent, Ipv6::kDisabled}) {
        const MadeUpIpv6 network{how};
        EXPECT_THAT(hosts_of(bound_of(open_each(bind_addresses("both.test:0"), open))),
                    ElementsAre("127.0.0.1"));
        try {
            open_each(bind_addresses("six.test:0"), open);
            FAIL() << "nothing is left";
        } catch (const std::system_error& error) {
            EXPECT_THAT(error.what(), HasSubstr("[::1]:0"));
        }
    }
}

TEST(OpenEach, LeavesOutNoneThatThisMachineJustDoesNotHave) {
    EXPECT_THROW(open_each(bind_addresses("far.test:0"), open), std::system_error);
}

TEST(BindAddresses, AreAllThatANameMeansEachOnce) {
    const auto texts = [](const char* text) {
        std::vector<std::string> all;
        for (const Address& address : bind_addresses(text)) all.push_back(address.text());
        return all;
    };
    EXPECT_THAT(texts("two.test:80"), ElementsAre("127.0.0.1:80", "127.0.0.2:80"));
    EXPECT_THAT(texts("both.test:80"), ElementsAre("[::1]:80", "127.0.0.1:80"));
    EXPECT_THAT(texts("twice.test:80"), ElementsAre("127.0.0.1:80"));
    EXPECT_THAT(texts("127.0.0.1:80"), ElementsAre("127.0.0.1:80"));
    EXPECT_THAT(texts(":80"), ElementsAre("[::]:80"));
    EXPECT_THAT(texts("unix:/s"), ElementsAre("unix:/s"));
    EXPECT_THROW(static_cast<void>(bind_addresses("nosuch.invalid:80")), std::runtime_error);
}

// O-005
TEST(BindAddresses, AreLookedUpOnceForAllWhoGetTheSources) {
    Sources sources{[](const std::string&) {}};
    for (const char* const text : {"both.test:80", "unix:/s", "127.0.0.1:80"})
        ASSERT_FALSE(bind_addresses(text, sources).empty());
    std::vector<FileDescriptor> kept;
    for (const int fd : sources.descriptors()) kept.emplace_back(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
    Sources handed{std::move(kept)};
    for (const char* const text : {"both.test:80", "unix:/s", "127.0.0.1:80"}) {
        const std::vector<Address> addresses = bind_addresses(text, handed);
        const std::vector<Address> anew = bind_addresses(text);
        ASSERT_EQ(addresses.size(), anew.size());
        for (std::size_t i = 0; i < anew.size(); ++i)
            EXPECT_EQ(addresses[i].text(), anew[i].text());
    }
    EXPECT_THROW((void)bind_addresses("127.0.0.1:81", handed), std::logic_error);
}

}  // namespace
}  // namespace grove::http
