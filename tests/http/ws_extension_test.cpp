// Which offers of permessage-deflate are taken, and how these are answered (WS-040).
#include "ws_extension.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace grove::http {
namespace {

std::string answer_to(std::string_view offered) {
    const auto agreed = agree_on_deflate(offered);
    return agreed ? agreed->answer : "none";
}

constexpr std::string_view kPlain =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

std::string with_bits(std::string_view bits) {
    return std::string{kPlain}.append("; server_max_window_bits=").append(bits);
}

TEST(WsExtension, TakesWhatTheRfcAllows) {  // WS-040
    for (const std::string_view offer :
         {"permessage-deflate", "permessage-deflate; client_max_window_bits",
          "permessage-deflate;client_max_window_bits=8",
          "permessage-deflate; client_max_window_bits=\"15\"",
          "permessage-deflate; server_no_context_takeover",
          "permessage-deflate; client_no_context_takeover ; server_no_context_takeover",
          "\tpermessage-deflate\t", ", permessage-deflate,",
          "x-webkit-deflate-frame, permessage-deflate", "a; b=\"c,d; e\\\"\", permessage-deflate"})
        EXPECT_EQ(answer_to(offer), kPlain) << offer;
}

TEST(WsExtension, AnswersTheWindowThatTheClientAskedFor) {  // WS-040
    for (const std::string bits : {"9", "10", "11", "12", "13", "14", "15"}) {
        for (const std::string& offer : {"permessage-deflate; server_max_window_bits=" + bits,
                                         "permessage-deflate; server_max_window_bits=\"" + bits +
                                             "\"; client_max_window_bits"}) {
            const auto agreed = agree_on_deflate(offer);
            ASSERT_TRUE(agreed) << offer;
            EXPECT_EQ(agreed->answer, with_bits(bits));
            EXPECT_EQ(agreed->window_bits, std::stoi(bits));
        }
    }
    EXPECT_EQ(answer_to("permessage-deflate; server_max_window_bits=\"1\\0\""), with_bits("10"));
    EXPECT_EQ(agree_on_deflate("permessage-deflate")->window_bits, 15);
}

TEST(WsExtension, DeclinesAnOfferWithAParameterThatMayNotBe) {  // WS-040
    for (const std::string_view parameters :
         {"unknown",
          "unknown=1",
          "server_no_context_takeover=1",
          "client_no_context_takeover=\"\"",
          "server_no_context_takeover; server_no_context_takeover",
          "client_no_context_takeover; client_no_context_takeover",
          "client_max_window_bits; client_max_window_bits=9",
          "server_max_window_bits=9; server_max_window_bits=9",
          "server_max_window_bits",
          "server_max_window_bits=8",
          "server_max_window_bits=7",
          "server_max_window_bits=16",
          "server_max_window_bits=09",
          "server_max_window_bits=\"\"",
          "server_max_window_bits=1x",
          "server_max_window_bits=150",
          "client_max_window_bits=7",
          "client_max_window_bits=16",
          "client_max_window_bits=08",
          "client_max_window_bits=\"9 \"",
          "Server_No_Context_Takeover"}) {
        const std::string offer = "permessage-deflate; " + std::string{parameters};
        EXPECT_EQ(answer_to(offer), "none") << offer;
        EXPECT_EQ(answer_to(offer + ", permessage-deflate; server_max_window_bits=11"),
                  with_bits("11"))
            << "the next one after " << offer;
    }
}

TEST(WsExtension, TakesTheFirstThatMayBeTaken) {  // WS-040
    EXPECT_EQ(answer_to("permessage-deflate; server_max_window_bits=10, permessage-deflate"),
              with_bits("10"));
    EXPECT_EQ(answer_to("permessage-deflate, permessage-deflate; server_max_window_bits=10"),
              kPlain);
}

TEST(WsExtension, TakesNothingThatFollowsABreachOfTheGrammar) {  // WS-040
    for (const std::string_view bad :
         {"", ",", "permessage-deflate2", "Xpermessage-deflate", "permessage-deflate;",
          "permessage-deflate x", "permessage-deflate; =9",
          "permessage-deflate; client_max_window_bits=",
          "permessage-deflate; client_max_window_bits=\"9",
          "permessage-deflate; client_max_window_bits=\"9\\",
          "permessage-deflate; client_max_window_bits=9 9", "permessage-deflate=1",
          "a b, permessage-deflate", "a; b=\", permessage-deflate", "@, permessage-deflate"})
        EXPECT_EQ(answer_to(bad), "none") << bad;
}

}  // namespace
}  // namespace grove::http
