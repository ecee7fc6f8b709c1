#include "authority.h"

#include <string_view>

#include <gtest/gtest.h>

namespace grove::http {
namespace {

TEST(Authority, IsAHostWithAnOptionalPort) {  // RFC 3986 section 3.2, S-047
    for (const std::string_view good :
         {"h", "probe", "probe:80", "probe:", "probe:0", "probe:65535", "a.b-c_d~e",
          "127.0.0.1:8000", "a%20b", "a!$&'()*+,;=b", "[::1]", "[::1]:80", "[2001:db8::192.0.2.1]",
          "[v1.fe80::a]", "1.2.3", "xn--e1afmkfd.example"})
        EXPECT_TRUE(is_authority(good)) << good;
    for (const std::string_view bad : {"",
                                       ":80",
                                       "a b",
                                       "a/b",
                                       "a?b",
                                       "a#b",
                                       "a@b",
                                       "<script>",
                                       "probe:80:80",
                                       "probe:65536",
                                       "probe:x",
                                       "probe:-1",
                                       "probe:99999999999999999999",
                                       "[::1",
                                       "::1",
                                       "[::1]80",
                                       "[]",
                                       "[:::1]",
                                       "[fe80::1%25eth0]",
                                       "[1.2.3.4]",
                                       "[v.a]",
                                       "[v1.]",
                                       "[v1]",
                                       "[x1.a]",
                                       "[vg.a]",
                                       "[v1.a/b]",
                                       "a%2",
                                       "a%zz",
                                       "a%2g",
                                       "a%g2",
                                       "a\\b",
                                       "a\"b",
                                       "a|b",
                                       "\xc3\xa9"})
        EXPECT_FALSE(is_authority(bad)) << bad;
}

TEST(Authority, MayBeMissingFromAHostField) {  // RFC 9112 section 3.2
    EXPECT_TRUE(is_host_value(""));
    EXPECT_FALSE(is_host_value(":80"));
}

}  // namespace
}  // namespace grove::http
