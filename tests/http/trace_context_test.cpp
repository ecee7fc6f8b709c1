#include "trace_context.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace grove::http {
namespace {

constexpr std::string_view kTold = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(Traceparent, IsTakenAsVersion00HasIt) {
    const std::string told{kTold};
    const std::string rest = told.substr(2);
    EXPECT_EQ(told_traceparent(told), told);
    EXPECT_EQ(told_traceparent("00-" + std::string(31, '0') + "1-" + std::string(15, '0') + "1-ff"),
              "00-" + std::string(31, '0') + "1-" + std::string(15, '0') + "1-ff");
    EXPECT_EQ(told_traceparent("01" + rest), told);
    EXPECT_EQ(told_traceparent("fe" + rest + "-what later versions add"), told);
}

TEST(Traceparent, ThatBreaksTheRulesIsNone) {
    const std::string told{kTold};
    for (std::size_t length = 0; length < told.size(); ++length)
        EXPECT_EQ(told_traceparent(told.substr(0, length)), "") << length;
    for (std::size_t at = 0; at < told.size(); ++at) {
        for (const char bad : {'g', 'A', ' ', '_', '\0', '\xc3'}) {
            std::string changed = told;
            changed[at] = bad;
            EXPECT_EQ(told_traceparent(changed), "") << at;
        }
    }
    for (const std::string& bad :
         {told + "-", told + "-more", told + "0", "ff" + told.substr(2),
          "01" + told.substr(2) + "x", "00-" + std::string(32, '0') + "-b7ad6b7169203331-01",
          "00-0af7651916cd43dd8448eb211c80319c-" + std::string(16, '0') + "-01"})
        EXPECT_EQ(told_traceparent(bad), "") << bad;
}

TEST(Traceparent, ThatBeginsHereKeepsTheRulesAndIsNotSampled) {
    const std::string begun = begun_traceparent(std::string(32, 'a') + std::string(16, 'b'));
    EXPECT_EQ(begun, "00-" + std::string(32, 'a') + "-" + std::string(16, 'b') + "-00");
    EXPECT_EQ(told_traceparent(begun), begun);
}

}  // namespace
}  // namespace grove::http
