// What a session's cookie holds.
#include "session_seal.h"

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base64.h"
#include "gcm.h"
#include "hmac_sha256.h"

namespace grove::web {
namespace {

using namespace std::chrono_literals;

const std::string kOld(32, 'o');
const std::string kNew(32, 'n');
const SessionValues kValues{{"user", "ada"}, {"empty", ""}, {"bytes", std::string{"\0\xff", 2}}};
constexpr std::chrono::seconds kNow = 1'800'000'000s;

TEST(Base64, IsThatOfTheRfc) {  // RFC 4648 section 10
    const std::vector<std::pair<std::string, std::string>> rows{
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xff\xef", "_-8"}};
    for (const auto& [bytes, text] : rows) {
        EXPECT_EQ(encode_base64url(bytes), text);
        EXPECT_EQ(decode_base64url(text), bytes);
    }
    EXPECT_EQ(decode_base64("Zm9vYg=="), "foob");
    EXPECT_EQ(decode_base64("/+8="), "\xff\xef");
}

TEST(Base64, HasOneFormOfEachText) {
    for (const char* text : {"Z", "Zh", "Zm9", "Zg==", "Z g", "_+8", "Zm9vY"})
        EXPECT_EQ(decode_base64url(text), std::nullopt) << text;
    for (const char* text : {"Zg", "Zh==", "Zg=", "Zg===", "====", "Zg=a", "Zm9v====", "_-8="})
        EXPECT_EQ(decode_base64(text), std::nullopt) << text;
}

std::string hexadecimal(std::string_view bytes) {
    std::string text;
    for (const char byte : bytes) {
        for (const int shift : {4, 0})
            text += "0123456789abcdef"[(static_cast<unsigned char>(byte) >> shift) & 15];
    }
    return text;
}

TEST(HmacSha256, IsThatOfTheRfc) {  // RFC 4231 section 4.3
    const HmacSha256 mac = hmac_sha256(std::string_view{"Jefe"}, "what do ya want for nothing?");
    EXPECT_EQ(hexadecimal({reinterpret_cast<const char*>(mac.data()), mac.size()}),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Gcm, IsThatOfTheSpecification) {  // McGrew and Viega, test cases 13 and 14
    const std::array<unsigned char, 32> key{};
    EXPECT_EQ(hexadecimal(gcm_seal(key, {}, "", "")), "530f8afbc74536b9a963b4f1c4cb738b");
    const std::string sealed = gcm_seal(key, {}, "", std::string(16, '\0'));
    EXPECT_EQ(hexadecimal(sealed),
              "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
    EXPECT_EQ(gcm_open(key, {}, "", sealed), std::string(16, '\0'));
    EXPECT_EQ(gcm_open(key, {}, "x", sealed), std::nullopt);
}

class SessionSealTest : public testing::TestWithParam<bool> {};

TEST_P(SessionSealTest, OpensWhatItMade) {
    const SessionSeal seal{{kNew}, "session", GetParam()};
    const std::string text = seal.make(kValues, kNow + 1s);
    EXPECT_EQ(seal.open(text, kNow), kValues);
    EXPECT_EQ(text.size(), seal.size_of(kValues));
    EXPECT_EQ(seal.make({}, kNow).size(), seal.size_of({}));
    EXPECT_EQ(text.find("ada"), text.npos);
}

TEST_P(SessionSealTest, EndsInTime) {
    const SessionSeal seal{{kNew}, "session", GetParam()};
    const std::string text = seal.make(kValues, kNow);
    EXPECT_EQ(seal.open(text, kNow - 1s), kValues);
    EXPECT_EQ(seal.open(text, kNow), std::nullopt);
    EXPECT_EQ(seal.open(text, kNow + 1s), std::nullopt);
}

TEST_P(SessionSealTest, BelievesAllKeysAndSignsWithTheFirst) {
    const SessionSeal old{{kOld}, "session", GetParam()};
    const SessionSeal both{{kNew, kOld}, "session", GetParam()};
    const SessionSeal only_new{{kNew}, "session", GetParam()};
    EXPECT_EQ(both.open(old.make(kValues, kNow + 1s), kNow), kValues);
    EXPECT_EQ(only_new.open(both.make(kValues, kNow + 1s), kNow), kValues);
    EXPECT_EQ(only_new.open(old.make(kValues, kNow + 1s), kNow), std::nullopt);
}

TEST_P(SessionSealTest, BelievesNothingElse) {
    const SessionSeal seal{{kNew}, "session", GetParam()};
    const std::string text = seal.make(kValues, kNow + 1s);
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::string changed = text;
        changed[at] = changed[at] == 'A' ? 'B' : 'A';
        EXPECT_EQ(seal.open(changed, kNow), std::nullopt) << at;
        EXPECT_EQ(seal.open(text.substr(0, at), kNow), std::nullopt) << at;
    }
    EXPECT_EQ(seal.open(text + "A", kNow), std::nullopt);
    EXPECT_EQ(seal.open("", kNow), std::nullopt);
    const SessionSeal other_name{{kNew}, "sessioo", GetParam()};
    const SessionSeal other_form{{kNew}, "session", !GetParam()};
    EXPECT_EQ(other_name.open(text, kNow), std::nullopt) << "the cookie's name is under it";
    EXPECT_EQ(other_form.open(text, kNow), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(SignedAndSealed, SessionSealTest, testing::Bool(),
                         [](const auto& form) { return form.param ? "Sealed" : "Signed"; });

}  // namespace
}  // namespace grove::web
