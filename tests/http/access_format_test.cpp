#include <grove/http/access_format.h>

#include <chrono>
#include <string>
#include <string_view>

#include <gmock/gmock.h>

namespace grove::http {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;

const std::chrono::system_clock::time_point kWhen{1234567890s + 42ms};

AccessRecord request() {
    return {.remote_addr = "192.0.2.1",
            .request_line = "GET /a?b HTTP/1.1",
            .method = "GET",
            .target = "/a?b",
            .protocol = "HTTP/1.1",
            .referer = "http://x/",
            .agent = "curl/8",
            .status = 200,
            .bytes = 13,
            .duration = 1500us};
}

TEST(AccessLine, HasApachesNineFields) {
    EXPECT_EQ(format_combined(request(), kWhen),
              "192.0.2.1 - - [13/Feb/2009:23:31:30 +0000] \"GET /a?b HTTP/1.1\" 200 13 "
              "\"http://x/\" \"curl/8\"");
}

TEST(AccessLine, HasADashForWhatIsNotThere) {
    EXPECT_EQ(format_combined({}, kWhen),
              "- - - [13/Feb/2009:23:31:30 +0000] \"-\" 000 - \"-\" \"-\"");
}

TEST(AccessLine, EscapesWhatCouldForgeAnother) {
    AccessRecord record = request();
    record.request_line = "GET /\"\\\r\n\x7f\xc3\xa4\t HTTP/1.1";
    record.agent = "a\" 200 1\n";

    EXPECT_EQ(format_combined(record, kWhen),
              "192.0.2.1 - - [13/Feb/2009:23:31:30 +0000] "
              "\"GET /\\\"\\\\\\x0d\\x0a\\x7f\\xc3\\xa4\\x09 HTTP/1.1\" 200 13 \"http://x/\" "
              "\"a\\\" 200 1\\x0a\"");
}

TEST(AccessLine, IsAJsonObject) {
    EXPECT_EQ(format_json(request(), kWhen),
              R"({"time":"2009-02-13T23:31:30.042Z","remote":"192.0.2.1","method":"GET",)"
              R"("target":"/a?b","protocol":"HTTP/1.1","status":200,"bytes":13,)"
              R"("duration":0.0015,"referer":"http://x/","agent":"curl/8"})");
}

TEST(AccessLine, IsAJsonObjectWithNullForWhatIsNotThere) {
    EXPECT_EQ(
        format_json({}, kWhen),
        R"({"time":"2009-02-13T23:31:30.042Z","remote":null,"method":null,"target":null,)"
        R"("protocol":null,"status":null,"bytes":0,"duration":0.0,"referer":null,"agent":null})");
}

TEST(AccessLine, NamesTheRequestInJsonIfItHasAnId) {
    AccessRecord record = request();
    record.request_id = "5f2c1d0e9b8a7c6d";

    EXPECT_TRUE(format_json(record, kWhen)
                    .ends_with(R"("agent":"curl/8","request_id":"5f2c1d0e9b8a7c6d"})"));
    EXPECT_EQ(format_combined(record, kWhen), format_combined(request(), kWhen));
}

TEST(AccessLine, NamesTheStreamInJsonIfThereIsOne) {  // H2-075
    AccessRecord record = request();
    record.stream = 4294967295;

    EXPECT_TRUE(format_json(record, kWhen).ends_with(R"("agent":"curl/8","stream":4294967295})"));
    EXPECT_EQ(format_combined(record, kWhen), format_combined(request(), kWhen));
}

TEST(AccessLine, NamesTheTraceInJsonIfThereIsOne) {  // A-059
    AccessRecord record = request();
    record.request_id = "5f2c1d0e9b8a7c6d";
    record.trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    EXPECT_TRUE(
        format_json(record, kWhen)
            .ends_with(R"("request_id":"5f2c1d0e9b8a7c6d",)"
                       R"("trace":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})"));
    EXPECT_EQ(format_combined(record, kWhen), format_combined(request(), kWhen));
}

TEST(AccessLine, IsJsonWhateverBytesTheClientSends) {  // S-142, O-081
    AccessRecord record = request();
    record.target =
        "/\xc3\xa4\xc2\x9b\xe2\x80\xae";  // an umlaut, CSI, an override of the direction
    record.referer = "\xff\xfe~";
    record.agent = std::string_view{"\0\x1f\x7f\x80\n\"\\", 7};

    const std::string line = format_json(record, kWhen);

    EXPECT_THAT(line, HasSubstr(R"("target":"/\u00c3\u00a4\u00c2\u009b\u00e2\u0080\u00ae",)"));
    EXPECT_THAT(line, HasSubstr(R"("referer":"\u00ff\u00fe~",)"));
    EXPECT_THAT(line, EndsWith(R"("agent":"\u0000\u001f\u007f\u0080\n\"\\"})"));
}

}  // namespace
}  // namespace grove::http
