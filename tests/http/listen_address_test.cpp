#include "listen_address.h"

#include <cstdint>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace grove::http {
namespace {

using Family = ListenAddress::Family;
using testing::HasSubstr;

struct Form {
    std::string text;
    ListenAddress meaning;
};

ListenAddress tcp(Family family, const char* host, std::uint16_t port) {
    return {.family = family, .host = host, .port = port};
}

ListenAddress unix_socket(std::string path) {
    return {.family = Family::kUnix, .path = std::move(path)};
}

// S-001
TEST(ListenAddress, HasOneMeaningForEachForm) {
    const std::string longest(107, 'p');
    const Form forms[] = {
        {"127.0.0.1:8000", tcp(Family::kInet, "127.0.0.1", 8000)},
        {"0.0.0.0:0", tcp(Family::kInet, "0.0.0.0", 0)},
        {"localhost:80", tcp(Family::kName, "localhost", 80)},
        {"a-b.example_1:080", tcp(Family::kName, "a-b.example_1", 80)},
        {":80", tcp(Family::kInet6, "::", 80)},
        {"*:80", tcp(Family::kInet6, "::", 80)},
        {"8000", tcp(Family::kInet6, "::", 8000)},
        {"65535", tcp(Family::kInet6, "::", 65535)},
        {"[::1]:80", tcp(Family::kInet6, "::1", 80)},
        {"[::]:0", tcp(Family::kInet6, "::", 0)},
        {"[fe80::1%eth0]:80", tcp(Family::kInet6, "fe80::1%eth0", 80)},
        {"[::ffff:127.0.0.1]:80", tcp(Family::kInet6, "::ffff:127.0.0.1", 80)},
        {"unix:/run/grove.sock", unix_socket("/run/grove.sock")},
        {"unix:a:80", unix_socket("a:80")},
        {"unix:" + longest, unix_socket(longest)},
    };
    for (const Form& form : forms) {
        SCOPED_TRACE(form.text);
        EXPECT_EQ(parse_listen_address(form.text), form.meaning);
    }
}

struct Refusal {
    std::string text;
    const char* reason;
};

// S-001
TEST(ListenAddress, NamesTheTextItRefuses) {
    const Refusal refusals[] = {
        {"::1:80", "brackets"},
        {"::1", "brackets"},
        {"fe80::1%eth0:80", "brackets"},
        {"", "from 0 to 65535"},
        {"localhost", "must be host:port"},
        {"/run/grove.sock", "must be host:port"},
        {"-1", "must be host:port"},
        {":", "from 0 to 65535"},
        {"127.0.0.1:", "from 0 to 65535"},
        {"127.0.0.1:65536", "from 0 to 65535"},
        {"127.0.0.1:-1", "from 0 to 65535"},
        {"127.0.0.1:+1", "from 0 to 65535"},
        {"127.0.0.1:0x50", "from 0 to 65535"},
        {"127.0.0.1: 80", "from 0 to 65535"},
        {"[::1]:80 ", "from 0 to 65535"},
        {"99999999999999999999", "from 0 to 65535"},
        {"256.0.0.1:80", "neither an IPv4 address nor a host name"},
        {"1.2.3:80", "neither an IPv4 address nor a host name"},
        {"a b:80", "neither an IPv4 address nor a host name"},
        {"http://a:80", "brackets"},
        {"[]:80", "no IPv6 address"},
        {"[127.0.0.1]:80", "no IPv6 address"},
        {"[::1%]:80", "no IPv6 address"},
        {"[::g]:80", "no IPv6 address"},
        {"[::1]", "[address]:port"},
        {"[::1", "[address]:port"},
        {"[::1]80", "[address]:port"},
        {"unix:", "path of the unix socket is missing"},
        {"unix:" + std::string(108, 'p'), "at most 107 bytes"},
    };
    for (const auto& [text, reason] : refusals) {
        SCOPED_TRACE(text);
        try {
            parse_listen_address(text);
            ADD_FAILURE() << "was taken";
        } catch (const std::invalid_argument& error) {
            EXPECT_THAT(error.what(), HasSubstr("\"" + text + "\""));
            EXPECT_THAT(error.what(), HasSubstr(reason));
        }
    }
}

TEST(ListenAddress, HasNoNulByte) {
    EXPECT_THROW(parse_listen_address(std::string_view{"unix:/a\0b", 9}), std::invalid_argument);
    EXPECT_THROW(parse_listen_address(std::string_view{"a\0:80", 5}), std::invalid_argument);
}

}  // namespace
}  // namespace grove::http
