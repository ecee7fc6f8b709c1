#include "error_line.h"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using grove::http::LogLevel;
using testing::EndsWith;
using testing::StartsWith;

TEST(ErrorLine, IsOneLineOfPrintableBytes) {  // O-082
    const std::string line = error_line(LogLevel::kWarn, "a\nb\r\x1b[2J\t\x7f\xc2\x9b \\x0a",
                                        std::chrono::system_clock::time_point{});

    EXPECT_THAT(line, StartsWith("1970-01-01T00:00:00.000Z warn ["));
    EXPECT_THAT(line, EndsWith("] a\\nb\\x0d\\x1b[2J\\x09\\x7f\\xc2\\x9b \\x0a"));
}

}  // namespace
