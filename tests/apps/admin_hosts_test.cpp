#include "admin_hosts.h"

#include <gtest/gtest.h>

namespace {

TEST(AdminHosts, AllowsAddressesLocalhostAndItsNames) {  // O-085
    const AdminHosts hosts{{"grove", "grove.internal"}};
    for (const char* const host :
         {"127.0.0.1", "127.0.0.1:9000", "10.1.2.3", "0.0.0.0:80", "[::1]", "[::1]:9000",
          "[2001:DB8::7]:9000", "localhost", "localhost:9000", "LocalHost", "grove", "grove:9000",
          "Grove.Internal:9000", ""})
        EXPECT_TRUE(hosts.allow(host)) << host;
}

TEST(AdminHosts, AllowsNoOtherName) {  // O-085
    const AdminHosts hosts{{"grove", "grove.internal"}};
    for (const char* const host :
         {"evil.example", "evil.example:9000", "grove.evil.example", "evil.grove.internal", "grov",
          "grove.", "127.0.0.1.evil.example", "127.0.0.1.nip.io:9000", "localhost.evil.example",
          "2130706433", "0x7f.1", "127.1", "1.2.3.4.5", "1.2.3.256", "[v1.fe80::a]", "[1.2.3.4]",
          "a.b-c"})
        EXPECT_FALSE(hosts.allow(host)) << host;
    EXPECT_FALSE(AdminHosts{{}}.allow("grove"));
}

}  // namespace
