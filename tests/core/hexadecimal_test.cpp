#include "hexadecimal.h"

#include <cstdint>
#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace grove {
namespace {

TEST(Hexadecimal, HasAsFewDigitsAsANumberTakes) {
    EXPECT_EQ(hexadecimal(0), "0x0");
    EXPECT_EQ(hexadecimal(0x1f), "0x1f");
    EXPECT_EQ(hexadecimal(std::numeric_limits<std::uint64_t>::max()), "0xffffffffffffffff");
}

TEST(Hexadecimal, HasTwoDigitsForEachByte) {
    std::string text;
    append_digits(text, 0x00);
    append_digits(text, 0xab);
    append_digits(text, 0xcd, kUpperDigits);
    append_escape(text, '\n');
    append_escape(text, '\xff');

    EXPECT_EQ(text, R"(00abCD\x0a\xff)");
}

}  // namespace
}  // namespace grove
