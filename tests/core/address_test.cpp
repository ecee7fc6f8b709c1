#include <grove/core/address.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <gmock/gmock.h>

#include <grove/core/detail/listening_socket.h>

#include "greenlet_test.h"
#include "stream_pair.h"
#include "temporary_folder.h"

namespace grove {
namespace {

using ::testing::HasSubstr;

struct Form {
    std::string text;
    Address meaning;
    std::string written;
};

// C-013
TEST(Address, HasOneMeaningForEachForm) {
    const std::string longest(107, 'p');
    const Form forms[] = {
        {"127.0.0.1:80", Address::ip("127.0.0.1", 80), "127.0.0.1:80"},
        {"0.0.0.0:0", Address::ip("0.0.0.0", 0), "0.0.0.0:0"},
        {"255.255.255.255:65535", Address::ip("255.255.255.255", 65535), "255.255.255.255:65535"},
        {"[::1]:80", Address::ip("::1", 80), "[::1]:80"},
        {"[::]:0", Address::ip("::", 0), "[::]:0"},
        {"[2001:DB8::0:1]:443", Address::ip("2001:db8::1", 443), "[2001:db8::1]:443"},
        {"[::ffff:127.0.0.1]:80", Address::ip("::ffff:127.0.0.1", 80), "127.0.0.1:80"},
        {":80", Address::ip("", 80), "[::]:80"},
        {"*:080", Address::ip("", 80), "[::]:80"},
        {"unix:/run/grove.sock", Address::unix_path("/run/grove.sock"), "unix:/run/grove.sock"},
        {"unix:a:80", Address::unix_path("a:80"), "unix:a:80"},
        {"unix:" + longest, Address::unix_path(longest), "unix:" + longest},
    };
    for (const Form& form : forms) {
        SCOPED_TRACE(form.text);
        const Address read = Address::parse(form.text);
        EXPECT_EQ(read, form.meaning);
        EXPECT_EQ(read.family(), form.meaning.family());
        EXPECT_EQ(read.text(), form.written);
        EXPECT_EQ(Address::parse(read.text()), read);
    }
}

struct Refusal {
    std::string text;
    const char* reason;
};

// C-013
TEST(Address, RefusesNamesAndWhateverElseIsNone) {
    const std::string too_long(108, 'p');
    const Refusal refusals[] = {
        {"", "must be address:port"},
        {"80", "must be address:port"},
        {"127.0.0.1", "must be address:port"},
        {"/run/grove.sock", "must be address:port"},
        {"localhost:80", "give a name to resolve()"},
        {"127.0.0.1.:80", "not an IPv4 address"},
        {"127.0.0:80", "not an IPv4 address"},
        {"256.0.0.1:80", "not an IPv4 address"},
        {" 127.0.0.1:80", "not an IPv4 address"},
        {"::1:80", "write an IPv6 address in brackets"},
        {"[]:80", "not an IPv4 address"},
        {"[::1:80", "not an IPv4 address"},
        {"[::1]80", "port"},
        {"[127.0.0.1]:80", "no IPv6 address"},
        {"[*]:80", "no IPv6 address"},
        {"[fe80::1%lo]:80", "no IPv6 address"},
        {"127.0.0.1:", "port"},
        {":", "port"},
        {"127.0.0.1:65536", "port"},
        {"127.0.0.1:-1", "port"},
        {"127.0.0.1:+1", "port"},
        {"127.0.0.1: 1", "port"},
        {"127.0.0.1:1 ", "port"},
        {"127.0.0.1:http", "port"},
        {"unix:", "1 to 107 bytes"},
        {"unix:" + too_long, "1 to 107 bytes"},
        {std::string{"127.0.0.1\0x:80", 14}, "NUL"},
        {std::string{"127.0.0.1:80\0", 13}, "NUL"},
        {std::string{"unix:/a\0b", 9}, "NUL"},
    };
    for (const Refusal& refusal : refusals) {
        SCOPED_TRACE(refusal.text);
        try {
            const Address read = Address::parse(refusal.text);
            ADD_FAILURE() << "was read as " << read.text();
        } catch (const std::invalid_argument& error) {
            EXPECT_THAT(error.what(), HasSubstr(refusal.reason));
        }
    }
}

// C-013
TEST(Address, IsEqualByHostAndPortOrByPath) {
    const Address some = Address::ip("127.0.0.1", 80);
    EXPECT_EQ(some, Address::ip("::ffff:127.0.0.1", 80));
    EXPECT_NE(some, Address::ip("127.0.0.1", 81));
    EXPECT_NE(some, Address::ip("127.0.0.2", 80));
    EXPECT_NE(some, Address::ip("::1", 80));
    EXPECT_NE(Address::ip("0.0.0.0", 80), Address::ip("::", 80));
    EXPECT_EQ(Address{}, Address{});
    EXPECT_NE(Address{}, Address::ip("", 0));
    EXPECT_NE(Address{}, Address::unix_path("a"));
    EXPECT_NE(Address::unix_path("a"), some);
    EXPECT_NE(Address::unix_path("a"), Address::unix_path("ab"));
    EXPECT_NE(Address::unix_path("ab"), Address::unix_path("a"));

    sockaddr_in6 zone{};
    zone.sin6_family = AF_INET6;
    zone.sin6_addr.s6_addr[0] = 0xfe;
    zone.sin6_addr.s6_addr[1] = 0x80;
    const auto in = [&zone](std::uint32_t scope) {
        zone.sin6_scope_id = scope;
        return Address{reinterpret_cast<const sockaddr*>(&zone), sizeof zone};
    };
    EXPECT_EQ(in(1), in(1));
    EXPECT_NE(in(1), in(2)) << "the same bytes on another link are another host";
}

// C-013
TEST(Address, OfAUnixSocketWithoutPathIsEqualByItsName) {
    sockaddr_un unix_socket{};
    unix_socket.sun_family = AF_UNIX;
    constexpr std::size_t kFront = offsetof(sockaddr_un, sun_path);
    const auto named = [&](const std::string& name) {
        name.copy(unix_socket.sun_path, name.size());
        return Address{reinterpret_cast<const sockaddr*>(&unix_socket), kFront + name.size()};
    };
    const std::string abstract{"\0a", 2};
    EXPECT_EQ(named(abstract), named(abstract));
    EXPECT_NE(named(abstract), named(std::string{"\0b", 2}));
    EXPECT_NE(named(abstract), named(std::string{"\0a\0", 3}));
    EXPECT_NE(named(""), named(abstract));
    EXPECT_EQ(named(""), named(""));
}

// C-013
GREENLET_TEST(Address, IsEqualToWhatTheKernelTellsOfIt) {
    const TemporaryFolder folder;
    const Address at = Address::unix_path((folder.path() / "socket").string());
    for (const Address& address : {at, Address::parse("127.0.0.1:0")}) {
        const FileDescriptor listener = listen_on(address);
        const Address bound = Address::local_of(listener.get());
        Stream client = connect(bound);
        Stream server = test::accept_one(listener);
        EXPECT_EQ(bound, address.with_port(bound.port()));
        EXPECT_EQ(Address::peer_of(client.fd()), bound);
        EXPECT_EQ(Address::peer_of(server.fd()), Address::local_of(client.fd()));
    }
}

}  // namespace
}  // namespace grove
