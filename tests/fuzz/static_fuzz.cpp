// What the static application reads of a request: ranges, dates, tags, codings, paths.
#include <optional>
#include <string>

#include "apps/static/accepted_codings.h"
#include "apps/static/byte_ranges.h"
#include "apps/static/entity_tag.h"
#include "apps/static/http_date.h"
#include "apps/static/request_path.h"
#include "fuzz.h"

namespace {

using namespace grove::fuzz;

void check_ranges(std::string_view field, std::uint64_t size) {
    const RangeRequest asked = RangeRequest::parse(field, size);
    require((asked.kind == RangeRequest::Kind::kSatisfiable) == !asked.ranges.empty(),
            "what can be satisfied has ranges");
    require(asked.ranges.size() <= RangeRequest::kMost, "not too many");
    std::uint64_t total = 0;
    for (const ByteRange& range : asked.ranges) {
        require(range.length != 0 && range.first < size && range.length <= size - range.first,
                "a range lies within the whole");
        total += range.length;
    }
    require(total <= size || asked.ranges.size() == 1, "ranges do not exceed the whole");
}

void check_tags(const std::string& text) {
    const std::string tag = "\"a,b\"";
    const bool strong = lists_tag(text, tag, TagComparison::kStrong);
    const bool weak = lists_tag(text, tag, TagComparison::kWeak);
    require(weak || !strong, "what is equal strongly is so weakly");
    require(!weak || text == "*" || text.find(tag) != text.npos, "a tag was listed");
    require(lists_tag("W/\"" + std::string(text.size(), 'a') + "\", " + tag + text, tag,
                      TagComparison::kStrong),
            "what follows a tag does not count");
}

void check_date(const std::string& text) {
    const std::optional<std::time_t> when = parse_http_date(text);
    if (!when) return;
    const std::string again = format_http_date(*when);
    require(parse_http_date(again) == when, "a date survives being written");
}

void check_path(const std::string& text) {
    const std::optional<std::string> below = path_below_root(text);
    if (!below) return;
    require(!below->empty() && below->front() != '/', "a path is relative");
    require(below->find('\0') == below->npos, "it has no NUL");
    const std::string framed = "/" + *below + "/";
    require(framed.find("/../") == framed.npos, "it does not climb");
    require(*below == "." || framed.find("/./") == framed.npos, "nor stay");
    const bool dots = *below != "." && framed.find("/.") != framed.npos;
    require(dots || framed.find("~/") != framed.npos || !is_hidden(*below), "plain names show");
    require(!dots || is_hidden(*below) || framed.starts_with("/.well-known/"), "others do not");
}

}  // namespace

GROVE_FUZZ_TARGET(static) {
    FuzzBytes input{data, size};
    const std::uint8_t shape = input.byte();
    const std::uint64_t sizes[]{0, 1, 10, 1000, 1ULL << 40U, ~0ULL >> 1U};
    const std::string text{input.rest()};
    check_ranges(text, sizes[shape % 6U]);
    check_ranges("bytes=" + text, sizes[shape % 6U]);
    check_date(text);
    check_tags(text);
    const int weight = coding_weight(text, (shape & 1U) != 0 ? "gzip" : "br");
    require(weight >= 0 && weight <= 1000, "a weight is from 0 to 1000");
    check_path(text);
    for (const char byte : percent_encoded(text))
        require(byte > ' ' && byte < 0x7f, "an encoded path is plain");
    return 0;
}
