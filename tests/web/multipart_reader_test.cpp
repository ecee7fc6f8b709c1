// multipart/form-data: cut anywhere, as browsers write it, and broken (R-031).
#include "multipart_reader.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include <grove/http/http_error.h>

namespace grove::web {
namespace {

/// Gives `bytes` in pieces of that length, the first one being `first`.
MultipartReader::Source cut(std::string_view bytes, std::size_t first, std::size_t piece) {
    return [bytes, first, piece, at = std::size_t{0}](std::size_t most, bool) mutable {
        const std::size_t length = std::min(at == 0 && first != 0 ? first : piece, most);
        std::string taken{bytes.substr(at, length)};
        at += taken.size();
        return taken;
    };
}

/// "name|filename|content" of each part, or the status that refuses.
std::string told(MultipartReader reader, std::size_t read_size) {
    std::string told;
    try {
        for (PartHead head; reader.next(head);) {
            told += '[' + head.name + '|' + head.filename.value_or("-") + '|';
            for (std::string piece; !(piece = reader.read(read_size)).empty();) told += piece;
            told += ']';
        }
    } catch (const http::HttpError& error) {
        return std::to_string(error.status());
    }
    return told;
}

void expect_in_any_cut(const std::string& bytes, const std::string& wanted,
                       const MultipartLimits& limits = {}) {
    EXPECT_EQ(told({cut(bytes, 0, bytes.size() + 1), "b", limits}, 4096), wanted) << bytes;
    EXPECT_EQ(told({cut(bytes, 0, 1), "b", limits}, 1), wanted) << bytes;
    for (std::size_t first = 1; first < bytes.size(); ++first) {
        ASSERT_EQ(told({cut(bytes, first, bytes.size()), "b", limits}, 3), wanted)
            << bytes << " cut at " << first;
    }
}

std::string field(const std::string& name, const std::string& content) {
    return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + content +
           "\r\n";
}

const std::string kEnd = "--b--\r\n";

TEST(Multipart, IsTheSameInAnyCut) {  // R-031
    const std::string file =
        "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.txt\"\r\n"
        "Content-Type: text/plain\r\n\r\n";
    struct Row {
        std::string bytes;
        const char* parts;
    };
    const Row rows[] = {
        {kEnd, ""},
        {"--b--", ""},
        {field("a", "1") + kEnd, "[a|-|1]"},
        {field("a", "") + kEnd, "[a|-|]"},
        {field("a", "1") + field("a", "2") + kEnd, "[a|-|1][a|-|2]"},
        {file + "one\r\ntwo\r\n" + kEnd, "[f|x.txt|one\r\ntwo]"},
        {file + "\r\n-\r\n--\r\n--a\r\n\r\n" + kEnd, "[f|x.txt|\r\n-\r\n--\r\n--a\r\n]"},
        {field("a", "\r") + kEnd, "[a|-|\r]"},
        // RFC 2046 section 5.1.1: before the first and behind the last, and blanks behind one
        {"preamble\r\n" + field("a", "1") + kEnd + "epilogue --b", "[a|-|1]"},
        {"--b \t\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n" + kEnd, "[a|-|1]"},
        // a part without a content, whose CRLF is the boundary's
        {"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n--b--", "[a|-|]"},
    };
    for (const Row& row : rows) expect_in_any_cut(row.bytes, row.parts);
}

TEST(Multipart, IsRefusedIfItIsBroken) {  // R-031
    const std::string head = "Content-Disposition: form-data; name=a\r\n";
    for (const std::string& bytes : {
             std::string{},
             std::string{"nothing"},
             field("a", "1"),
             field("a", "1") + "--b",
             field("a", "1") + "--b-",
             "--b\r\n" + head,
             "--b\r\n" + head + "\r\n",
             "--bc\r\n" + head + "\r\n1\r\n--bc--",
             "--b\n" + head + "\r\n1\r\n--b--",
             "--b\r\n\r\n1\r\n" + kEnd,
             "--b\r\nContent-Type: text/plain\r\n\r\n1\r\n" + kEnd,
             "--b\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n" + kEnd,
             "--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n" + kEnd,
             "--b\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n" + kEnd,
             "--b\r\nno colon\r\n" + head + "\r\n1\r\n" + kEnd,
             "--b\r\n" + head + " folded\r\n\r\n1\r\n" + kEnd,
             "--b\r\nX: \x01\r\n" + head + "\r\n1\r\n" + kEnd,
         })
        expect_in_any_cut(bytes, "400");
}

TEST(Multipart, HasLimits) {  // R-031
    const std::string two = field("a", "1") + field("b", "2") + kEnd;
    expect_in_any_cut(two, "[a|-|1][b|-|2]", {.parts = 2, .bytes = two.size()});
    expect_in_any_cut(two, "413", {.parts = 1});
    expect_in_any_cut(two, "413", {.bytes = 20});
    const std::string head = "Content-Disposition: form-data; name=\"a\"";
    expect_in_any_cut(field("a", "1") + kEnd, "[a|-|1]", {.part_head_bytes = head.size() + 2});
    expect_in_any_cut(field("a", "1") + kEnd, "413", {.part_head_bytes = head.size() - 1});
    expect_in_any_cut(two, "[a|-|1][b|-|2]", {.part_head_bytes = SIZE_MAX});
}

TEST(Multipart, PassesOverWhatIsUnread) {  // R-031
    const std::string bytes = field("a", std::string(50000, 'x')) + field("b", "2") + kEnd;
    MultipartReader reader{cut(bytes, 0, 7), "b", {}};
    PartHead head;

    ASSERT_TRUE(reader.next(head));
    EXPECT_EQ(reader.read(3), "xxx");
    ASSERT_TRUE(reader.next(head));
    EXPECT_EQ(head.name, "b");
    EXPECT_EQ(reader.read(100), "2");
    EXPECT_EQ(reader.read(100), "");
    EXPECT_FALSE(reader.next(head));
    EXPECT_FALSE(reader.next(head));
}

TEST(Multipart, GivesAHeadAsSoonAsItIsThere) {  // R-031, R-049
    const std::string first = field("a", "1");
    const std::string second = field("b", "");
    const std::string bytes =
        first + second.substr(0, second.size() - 2) + std::string(50000, 'x') + "\r\n" + kEnd;
    std::size_t given = 0;
    MultipartReader reader{[&](std::size_t most, bool line) {
                               std::string taken = bytes.substr(given, most);
                               if (line)
                                   taken.resize(std::min(taken.find('\n'), taken.size() - 1) + 1);
                               given += taken.size();
                               return taken;
                           },
                           "b",
                           {}};
    PartHead head;

    ASSERT_TRUE(reader.next(head));
    EXPECT_EQ(given, first.size() - 3) << "not a byte behind the head";
    EXPECT_EQ(reader.read(100), "1");
    ASSERT_TRUE(reader.next(head));
    EXPECT_EQ(head.name, "b");
    EXPECT_EQ(given, first.size() + second.size() - 2);
    EXPECT_EQ(reader.read(SIZE_MAX), std::string(50000, 'x'));
    EXPECT_FALSE(reader.next(head));
}

TEST(PartHead, HasTheNamesThatBrowsersWrite) {  // R-031
    struct Row {
        const char* parameters;
        const char* name;
        const char* filename;
    };
    const Row rows[] = {
        {R"(name="a"; filename="b.txt")", "a", "b.txt"},
        {R"(name=a;filename=b.txt)", "a", "b.txt"},
        {R"(filename="b.txt"; NAME="a")", "a", "b.txt"},
        {R"(name="a%22b"; filename="c%22%0D%0Ad%25")", "a\"b", "c\"\r\nd%25"},
        {R"(name="a\"b"; filename="c\"d")", "a\"b", "c\"d"},
        {R"(name="a\b"; filename="C:\dir\b.txt")", "a\\b", "b.txt"},
        {R"(name="a"; filename="../../etc/passwd")", "a", "passwd"},
        {R"(name="a"; filename="end\")", "a", ""},
        {R"(name="a"; filename="..")", "a", ""},
        {R"(name="a"; filename=".")", "a", ""},
        {R"(name="a"; filename="x/")", "a", ""},
        {R"(name="a"; filename="")", "a", ""},
        {R"(name="a;b"; filename="c; name=d")", "a;b", "c; name=d"},
        {"name=\"\xc3\xa9\"; filename=\"\xc3\xa9.png\"", "\xc3\xa9", "\xc3\xa9.png"},
        {R"(name="a"; filename*=UTF-8''x; filename="b")", "a", "b"},
    };
    for (const Row& row : rows) {
        const PartHead head = parse_part_head(std::string{"Content-Disposition: form-data; "} +
                                              row.parameters + "\r\n");
        EXPECT_EQ(head.name, row.name) << row.parameters;
        EXPECT_EQ(head.filename, row.filename) << row.parameters;
    }
}

TEST(PartHead, IsRefusedIfAParameterIsBroken) {  // R-031
    for (const char* parameters :
         {R"(name="a"; filename="b.txt)", R"(name="a"; filename)", R"(name="a"; filename ="b")",
          R"(name="a" filename="b")", R"(name="a"; filename="b"c)", R"(name="a"; x"="; filename=b)",
          R"(name="a"; file name=b)", R"(filename="b; name="a")"}) {
        try {
            static_cast<void>(parse_part_head(std::string{"Content-Disposition: form-data; "} +
                                              parameters + "\r\n"));
            ADD_FAILURE() << parameters;
        } catch (const http::HttpError& error) {
            EXPECT_EQ(error.status(), 400) << parameters;
        }
    }
    EXPECT_EQ(parse_part_head("Content-Disposition: form-data; name=a ; filename=b;\r\n").filename,
              "b");
}

TEST(Boundary, IsThatOfTheContentType) {  // R-031
    struct Row {
        const char* type;
        const char* boundary;
    };
    for (const Row& row :
         {Row{"multipart/form-data; boundary=abc", "abc"},
          Row{"Multipart/Form-Data;charset=utf-8; Boundary=\"a b?\"", "a b?"},
          Row{"multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW",
              "----WebKitFormBoundary7MA4YWxkTrZu0gW"}})
        EXPECT_EQ(boundary_of(row.type), row.boundary);
    const std::string long_one(71, 'x');
    for (const auto& [type, status] : std::vector<std::pair<std::string, int>>{
             {"", 415},
             {"multipart/mixed; boundary=a", 415},
             {"multipart/form-data", 400},
             {"multipart/form-data; boundary=", 400},
             {"multipart/form-data; boundary=\"a ", 400},
             {"multipart/form-data; boundary=\"a \"", 400},
             {"multipart/form-data; boundary=a{b", 400},
             {"multipart/form-data; boundary=" + long_one, 400}}) {
        try {
            ADD_FAILURE() << type << " has the boundary " << boundary_of(type);
        } catch (const http::HttpError& error) {
            EXPECT_EQ(error.status(), status) << type;
        }
    }
}

}  // namespace
}  // namespace grove::web
