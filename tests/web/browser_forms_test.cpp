// Forms as Chromium sends them, in any cut. tests/browser/capture_forms.py wrote the files.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "multipart_reader.h"

namespace grove::web {
namespace {

std::string form_of(const char* file) {
    std::ifstream in{std::string{GROVE_TEST_FORMS} + '/' + file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

/// "name|filename|type|content" of each part; "-" where there is none. The body comes in two pieces.
std::vector<std::string> parts_of(const std::string& body, std::size_t cut) {
    const std::string_view boundary = std::string_view{body}.substr(2, body.find('\r') - 2);
    MultipartReader reader{[&body, cut, at = std::size_t{0}](std::size_t most, bool) mutable {
                               std::string taken =
                                   body.substr(at, std::min(at < cut ? cut - at : body.npos, most));
                               at += taken.size();
                               return taken;
                           },
                           boundary,
                           {}};
    std::vector<std::string> parts;
    for (PartHead head; reader.next(head);) {
        const std::string* const type = http::find(head.headers, "Content-Type");
        parts.push_back(head.name + '|' + head.filename.value_or("-") + '|' +
                        (type != nullptr ? *type : "-") + '|');
        for (std::string piece; !(piece = reader.read(4096)).empty();) parts.back() += piece;
    }
    return parts;
}

void expect_in_any_cut(const char* file, const std::vector<std::string>& wanted) {
    const std::string body = form_of(file);
    ASSERT_FALSE(body.empty()) << file;
    for (std::size_t cut = 0; cut <= body.size(); ++cut)
        ASSERT_EQ(parts_of(body, cut), wanted) << file << " cut at " << cut;
}

TEST(FormsOfChromium, HaveFilesThatAreChosenAndEmptyOnes) {
    expect_in_any_cut("chromium_chosen.form", {
                                                  "text|-|-|a \xc3\xa9 b\r\nline",
                                                  "file|a \"b\".txt|text/plain|one\r\n--two",
                                                  "none||application/octet-stream|",
                                                  "empty|empty.bin|application/octet-stream|",
                                              });
}

// Names have %22, %0D and %0A for what a quoted text cannot have; a "%22" of the user's is no other.
TEST(FormsOfChromium, HaveNamesWithQuotesLinesAndSlashes) {
    const std::string type = "application/octet-stream";
    expect_in_any_cut(
        "chromium_names.form",
        {
            "q\"uote|-|-|1",
            "new\r\nline|-|-|2",
            "per\"cent|-|-|3",
            "\xc3\xa9|-|-|4",
            "f|new\r\nline\n.txt|" + type + "|x",
            "g|per\"cent\r.txt|" + type + "|y",
            "h|\xc3\xa9 \xe2\x80\x93 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80.png|image/png|z",
            "i|slash.txt|" + type + "|w",
            "k|etc.txt|" + type + "|v",
            "l|semi;colon='x'.txt|" + type + "|u",
            "m||" + type + "|t",
            "n|\"|" + type + "|s",
            "o||" + type + "|r",
        });
}

TEST(FormsOfChromium, AreTheSameIfAScriptFetchesThem) {
    expect_in_any_cut("chromium_fetched.form", {
                                                   "lone\xef\xbf\xbd|-|-|x\r\nn",
                                                   "b|blob|application/octet-stream|blob",
                                                   "n\r\nl|a\"\n.txt|application/octet-stream|f",
                                                   "e|-|-|",
                                               });
}

}  // namespace
}  // namespace grove::web
