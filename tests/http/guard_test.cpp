#include "guard.h"

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "scan.h"
#include "segments.h"

namespace grove::http {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using testing::Padded;
using testing::Reads;
using testing::ways_to_cut;

/// What a guard said, as text: "more", "head 43", "head 43 after 2", "400".
std::string say(const Guard& guard) {
    switch (guard.state()) {
        case GuardState::kNeedMore:
            return "more";
        case GuardState::kRefused:
            return std::to_string(guard.refusal().status);
        case GuardState::kComplete:
            break;
    }
    std::string text = "head " + std::to_string(guard.head_length());
    return guard.skipped() == 0 ? text : text + " after " + std::to_string(guard.skipped());
}

std::string guard(std::string_view bytes, const Limits& limits, const Reads& reads) {
    Guard guard;
    for (const std::size_t length : reads) {
        const Padded buffer{bytes, length, length % 2 == 0 ? 'a' : '\r'};
        if (guard.feed(buffer.view(), limits) != GuardState::kNeedMore) break;
    }
    return say(guard);
}

std::string guard(std::string_view bytes, const Limits& limits = {}) {
    return guard(bytes, limits, {bytes.size()});
}

/// The number of bytes after which the outcome is known.
std::size_t decided_after(std::string_view bytes, const Limits& limits = {}) {
    Guard guard;
    for (std::size_t length = 1; length <= bytes.size(); ++length) {
        const Padded buffer{bytes, length, 'a'};
        if (guard.feed(buffer.view(), limits) != GuardState::kNeedMore) return length;
    }
    return 0;
}

// ---- the outcome does not depend on the cuts ----

/// The language the guard accepts, written down once more as plainly as possible.
class Reference {
public:
    Reference(std::string_view bytes, const Limits& limits) : bytes_{bytes}, limits_{limits} {}

    std::string outcome() {
        try {
            skip_empty_lines();
            request_line();
            fields();
            const std::string length = std::to_string(at_ - skipped_);
            return "head " + length + (skipped_ == 0 ? "" : " after " + std::to_string(skipped_));
        } catch (const std::string& verdict) {
            return verdict;
        }
    }

private:
    char get() {
        if (at_ == bytes_.size()) throw "more"s;
        return bytes_[at_++];
    }

    static void refuse_unless(bool good, const char* status = "400") {
        if (!good) throw std::string{status};
    }

    static bool tchar(char c) {
        return std::string_view{
                   "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
                   .find(c) != std::string_view::npos;
    }

    char line_byte() {
        const char c = get();
        refuse_unless(c == '\r' || at_ - skipped_ <= limits_.request_line, "414");
        return c;
    }

    char field_byte() {
        const char c = get();
        refuse_unless(at_ - fields_begin_ <= limits_.header_bytes, "431");
        return c;
    }

    void skip_empty_lines() {
        for (; skipped_ < 4; skipped_ += 2) {
            if (get() != '\r') {
                --at_;
                return;
            }
            refuse_unless(get() == '\n');
        }
    }

    void request_line() {
        std::string method;
        char c = line_byte();
        for (; tchar(c); c = line_byte()) method += c;
        refuse_unless(c == ' ' && !method.empty());
        refuse_unless(method == "GET" || method == "POST" || method == "M-SEARCH", "501");
        std::size_t target = 0;
        for (c = line_byte(); c > 0x20 && c < 0x7f && c != '#'; c = line_byte()) ++target;
        refuse_unless(c == ' ' && target != 0);
        std::string version;
        for (const char wanted : "HTTP/d.d"sv) {
            version += line_byte();
            const bool digit = version.back() >= '0' && version.back() <= '9';
            refuse_unless(wanted == 'd' ? digit : version.back() == wanted);
        }
        refuse_unless(line_byte() == '\r');
        refuse_unless(get() == '\n');
        refuse_unless(version.starts_with("HTTP/1."), "505");
        fields_begin_ = at_;
    }

    void fields() {
        for (std::size_t count = 0;; ++count) {
            if (get() == '\r') return refuse_unless(get() == '\n');
            --at_;
            char c = field_byte();
            refuse_unless(c != ' ' && c != '\t');
            refuse_unless(count < limits_.headers, "431");
            refuse_unless(tchar(c));
            while (tchar(c)) c = field_byte();
            refuse_unless(c == ':');
            do {
                c = field_byte();
            } while (c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
            refuse_unless(c == '\r');
            refuse_unless(field_byte() == '\n');
        }
    }

    std::string_view bytes_;
    Limits limits_;
    std::size_t at_ = 0;
    std::size_t skipped_ = 0;
    std::size_t fields_begin_ = 0;
};

using Random = std::mt19937;

std::size_t below(Random& random, std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>{0, bound - 1}(random);
}

template <class Pieces>
auto any_of(Random& random, const Pieces& pieces) {
    return pieces[below(random, pieces.size())];
}

/// A head that is usually good, with a few accidents.
std::string random_head(Random& random) {
    static constexpr std::array kStarts{"GET"sv,     "POST"sv,        "M-SEARCH"sv,
                                        "\r\nGET"sv, "\r\n\r\nGET"sv, "\r\n\r\n\r\nGET"sv,
                                        "FOO"sv};
    static constexpr std::array kVersions{"HTTP/1.1"sv, "HTTP/1.0"sv, "HTTP/2.0"sv, "HTTP/1.7"sv};
    static constexpr std::array kNames{"Host"sv, "X_y!"sv, "Accept-Language"sv, "a"sv,
                                       "X-A-Name-Of-More-Than-Sixteen"sv};
    static constexpr std::array kNasty{"\r"sv, "\n"sv, "\r\n"sv, " "sv,    "\t"sv, ":"sv,
                                       "\0"sv, "#"sv,  "\x7f"sv, "\xff"sv, "\b"sv, "\r\r"sv};
    std::string head{any_of(random, kStarts)};
    head += " /" + std::string(below(random, 60), 'p') + ' ';
    head += any_of(random, kVersions);
    head += "\r\n";
    for (std::size_t count = below(random, 6); count != 0; --count) {
        head += any_of(random, kNames);
        head += ": " + std::string(below(random, 50), 'v') + "\r\n";
    }
    head += "\r\n";
    for (std::size_t accidents = below(random, 3); accidents != 0; --accidents) {
        const std::size_t at = below(random, head.size());
        if (below(random, 2) == 0) head.erase(at, 1);
        head.insert(std::min(at, head.size()), any_of(random, kNasty));
    }
    return head;
}

TEST(Guard, AgreesWithAPlainReadingOfItsLanguageHoweverTheBytesAreCut) {  // S-151
    Random random{20260510};  // NOLINT(cert-msc51-cpp): the same heads in every run
    Limits tight;
    tight.request_line = 60;
    tight.headers = 4;
    tight.header_bytes = 150;
    for (int round = 0; round != 2000; ++round) {
        const std::string head = random_head(random);
        const Limits& limits = round % 2 == 0 ? tight : Limits{};
        const std::string expected = Reference{head, limits}.outcome();
        for (const Reads& reads : ways_to_cut(head.size())) {
            ASSERT_EQ(guard(head, limits, reads), expected)
                << ::testing::PrintToString(head) << " cut at " << reads.front();
        }
    }
}

TEST(Guard, ScansSixteenBytesAtATimeAsItScansOne) {
    const auto agree = [](auto skip, auto belongs, char inside) {
        for (int code = 0; code != 256; ++code) {
            for (std::size_t at = 0; at != 40; ++at) {
                std::string bytes(40, inside);
                bytes[at] = static_cast<char>(code);
                const Padded buffer{bytes, bytes.size(), '\r'};
                const char* const begin = buffer.view().data();
                const char* const end = begin + buffer.view().size();
                ASSERT_EQ(skip(begin, end) - begin, detail::skip_bytes(begin, end, belongs) - begin)
                    << "byte " << code << " at " << at;
            }
        }
    };

    agree(skip_token, is_token_char, 'x');
    agree(skip_token, is_token_char, '~');
    agree(skip_value, is_value_char, '\xe9');
    agree(skip_target, is_target_char, '%');
}

// ---- a refusal comes as early as it is certain ----

TEST(Guard, RefusesALongRequestLineWithoutWaitingForItsEnd) {  // S-042
    const std::string line = "GET /" + std::string(20000, 'x');

    EXPECT_EQ(guard(line), "414");
    EXPECT_EQ(decided_after(line), 8191U);
}

TEST(Guard, CountsTheRequestLineWithoutItsCrlf) {  // S-042
    const auto line = [](std::size_t length) {
        return "GET /" + std::string(length - 14, 'x') + " HTTP/1.1\r\n\r\n";
    };

    EXPECT_EQ(guard(line(8190)), "head 8194");
    EXPECT_EQ(guard(line(8191)), "414");
    EXPECT_EQ(guard("\r\n" + line(8190)), "head 8194 after 2");
    EXPECT_EQ(guard("\r\n\r\n" + line(8190)), "head 8194 after 4");
    EXPECT_EQ(guard("\r\n\r\n" + line(8191)), "414");
}

TEST(Guard, CountsFieldsAsTheyBegin) {  // S-043
    std::string head = "GET / HTTP/1.1\r\n";
    for (int count = 0; count != 100; ++count) head += "X: y\r\n";

    EXPECT_EQ(guard(head + "\r\n"), "head 618");
    EXPECT_EQ(guard(head + "Z"), "431");
    EXPECT_EQ(guard(head), "more");
}

TEST(Guard, CountsFieldLinesWithTheirCrlf) {  // S-043
    const auto head = [](std::size_t bytes) {
        return "GET / HTTP/1.1\r\nA: " + std::string(bytes - 5, 'x') + "\r\n\r\n";
    };

    EXPECT_EQ(guard(head(32768)), "head 32786");
    EXPECT_EQ(guard(head(32769)), "431");
    EXPECT_EQ(decided_after(head(70000)), 16 + 32769U);
}

TEST(Guard, LetsAnythingThroughWhereNoBoundIsSet) {
    Limits open;
    open.request_line = open.headers = open.header_bytes = Limits::kUnbounded;
    std::string head = "GET /" + std::string(100000, 'x') + " HTTP/1.1\r\n";
    for (int count = 0; count != 1000; ++count) head += "X: " + std::string(100, 'y') + "\r\n";

    EXPECT_EQ(guard(head + "\r\n", open), "head " + std::to_string(head.size() + 2));
}

TEST(Guard, RefusesABadByteAtOnce) {
    EXPECT_EQ(decided_after("GE\0T / HTTP/1.1\r\n"sv), 3U);                       // S-040
    EXPECT_EQ(decided_after("FOO / HTTP/1.1\r\n"), 4U);                           // S-040
    EXPECT_EQ(decided_after("GET /a#b HTTP/1.1\r\n"), 7U);                        // S-065
    EXPECT_EQ(decided_after("GET / HTTP/1.1\n"), 15U);                            // S-040
    EXPECT_EQ(decided_after("GET / HTTP/1.1\r\nA: b\r\n c"), 23U);                // S-046
    EXPECT_EQ(decided_after("GET / HTTP/1.1\r\nA: \x01 and then nothing"), 20U);  // S-045
}

TEST(Guard, SkipsTwoEmptyLinesAndNoThird) {  // O-055, RFC 9112 2.2
    const std::string head = "GET / HTTP/1.1\r\nA: b\r\n\r\n";
    for (const Reads& reads : ways_to_cut(head.size() + 4))
        EXPECT_EQ(guard("\r\n\r\n" + head, {}, reads), "head 24 after 4");
    EXPECT_EQ(guard("\r\n" + head), "head 24 after 2");
    EXPECT_EQ(decided_after("\r\n\r\n\r\n" + head), 5U);
    EXPECT_EQ(guard("\r\n\r\n\r\n" + head), "400");
    EXPECT_EQ(guard("\r\n\n" + head), "400");
    EXPECT_EQ(guard("\n\r\n" + head), "400");
    EXPECT_EQ(guard("\r\n\r\r\n" + head), "400");
    EXPECT_EQ(guard("\r\n \r\n" + head), "400");
}

TEST(Guard, WaitsForTheRestOfAGoodBeginning) {
    for (const std::string_view begun :
         {"\r"sv, "\r\n"sv, "\r\n\r"sv, "\r\n\r\n"sv, "\r\n\r\nG"sv, "G"sv, "GET"sv, "GET /"sv,
          "GET / HTTP/1.1"sv, "GET / HTTP/1.1\r"sv, "GET / HTTP/1.1\r\nHost"sv,
          "GET / HTTP/1.1\r\nHost: h\r"sv, "GET / HTTP/1.1\r\nHost: h\r\n\r"sv})
        EXPECT_EQ(guard(begun), "more") << begun;
}

TEST(Guard, StopsAtTheEndOfTheFirstHead) {
    EXPECT_EQ(guard("GET / HTTP/1.1\r\nA: b\r\n\r\n body \x01 GET"), "head 24");
}

TEST(Guard, CanBeUsedAgainAfterAReset) {
    Guard guard;
    const Padded bad{"GET\n", 4, 'a'};
    const Padded good{"GET / HTTP/1.0\r\n\r\n", 18, 'a'};
    guard.feed(bad.view(), {});
    ASSERT_EQ(say(guard), "400");

    guard.reset();

    EXPECT_TRUE(guard.untouched());
    guard.feed(good.view(), {});
    EXPECT_EQ(say(guard), "head 18");
}

}  // namespace
}  // namespace grove::http
