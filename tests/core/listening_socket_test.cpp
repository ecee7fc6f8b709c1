// listen_on() where the kernel has no IPv6 (O-015).
#include <grove/core/detail/listening_socket.h>

#include <string>
#include <system_error>

#include <sys/socket.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "made_up_network.h"

namespace grove {
namespace {

using test::Ipv6;
using test::MadeUpIpv6;
using testing::HasSubstr;

std::string refusal_of(const Address& address) {
    try {
        listen_on(address);
    } catch (const std::system_error& error) {
        return error.what();
    }
    return "bound";
}

class WithoutIpv6 : public testing::TestWithParam<Ipv6> {
protected:
    MadeUpIpv6 network_{GetParam()};
};

TEST_P(WithoutIpv6, AllInterfacesAreThoseOfIpv4) {
    const FileDescriptor fd = listen_on(Address::ip("", 0));
    EXPECT_EQ(Address::local_of(fd.get()).host(), "0.0.0.0");
    EXPECT_NE(Address::local_of(fd.get()).port(), 0);
}

TEST_P(WithoutIpv6, APortThatIsTakenIsNamedWithTheAddressThatWasTried) {
    const FileDescriptor fd = listen_on(Address::ip("0.0.0.0", 0));
    const std::uint16_t port = Address::local_of(fd.get()).port();
    EXPECT_THAT(refusal_of(Address::ip("", port)),
                HasSubstr("cannot bind 0.0.0.0:" + std::to_string(port)));
}

TEST_P(WithoutIpv6, AnAddressOfItsOwnIsRefusedByName) {
    EXPECT_THAT(refusal_of(Address::ip("::1", 0)), HasSubstr("[::1]:0"));
    EXPECT_FALSE(has_family(AF_INET6));
    EXPECT_TRUE(has_family(AF_INET));
    EXPECT_TRUE(has_family(AF_UNIX));
}

INSTANTIATE_TEST_SUITE_P(InEachWay, WithoutIpv6, testing::Values(Ipv6::kAbsent, Ipv6::kDisabled),
                         [](const auto& how) {
                             return how.param == Ipv6::kAbsent ? "Absent" : "Disabled";
                         });

TEST(ListenOn, TakesAllInterfacesOfWhatThereIs) {
    const Address all = Address::ip("", 0);
    const FileDescriptor tried{::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const bool ipv6 =
        tried && ::bind(tried.get(), all.data(), static_cast<socklen_t>(all.bytes())) == 0;
    const FileDescriptor fd = listen_on(all);
    EXPECT_EQ(Address::local_of(fd.get()).host(), ipv6 ? "::" : "0.0.0.0");
}

TEST(Address, MayHaveAnotherPort) {
    for (const char* host : {"127.0.0.1", "::1"})
        EXPECT_EQ(Address::ip(host, 80).with_port(8000).text(), Address::ip(host, 8000).text());
    EXPECT_EQ(Address::unix_path("/s").with_port(8000).text(), "unix:/s");
}

}  // namespace
}  // namespace grove
