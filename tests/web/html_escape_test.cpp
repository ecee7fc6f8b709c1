#include <grove/web/html_escape.h>

#include <set>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace grove::web {
namespace {

// For text and for attributes.
TEST(HtmlEscape, LeavesNothingThatEndsTextOrAnAttribute) {
    EXPECT_EQ(html_escape(R"(<a href='x' title="y">&amp;</a>)"),
              "&lt;a href=&#39;x&#39; title=&quot;y&quot;&gt;&amp;amp;&lt;/a&gt;");
    EXPECT_EQ(html_escape(""), "");
}

TEST(HtmlEscape, KeepsAllOtherBytes) {
    const std::set<char> escaped{'&', '<', '>', '"', '\''};
    for (int number = 0; number < 256; ++number) {
        const char byte = static_cast<char>(number);
        const std::string_view text{&byte, 1};
        EXPECT_EQ(html_escape(text) == text, !escaped.contains(byte)) << number;
    }
}

}  // namespace
}  // namespace grove::web
