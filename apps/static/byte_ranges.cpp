#include "byte_ranges.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <system_error>

#include <grove/http/headers.h>

#include "field_list.h"

namespace {

// Digits alone; a number too large for its type is as good as its greatest.
std::optional<std::uint64_t> position(std::string_view text) {
    if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos)
        return std::nullopt;
    std::uint64_t number = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    return result.ec == std::errc{} ? number : std::numeric_limits<std::uint64_t>::max();
}

// @return nullopt: not a range; a length of 0: one that cannot be satisfied
std::optional<ByteRange> range_of(std::string_view text, std::uint64_t size) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto first = position(text.substr(0, dash));
    const auto last = position(text.substr(dash + 1));
    if (dash == 0) {  // the last so many bytes
        const std::uint64_t length = std::min(last.value_or(0), size);
        return last ? std::optional{ByteRange{.first = size - length, .length = length}}
                    : std::nullopt;
    }
    const bool open_end = dash + 1 == text.size();
    if (!first || (!last && !open_end) || (last && *last < *first)) return std::nullopt;
    if (*first >= size) return ByteRange{};
    const std::uint64_t end = open_end ? size - 1 : std::min(*last, size - 1);
    return ByteRange{.first = *first, .length = end - *first + 1};
}

}  // namespace

std::string ByteRange::content_range(std::uint64_t size) const {
    return "bytes " + std::to_string(first) + "-" + std::to_string(first + length - 1) + "/" +
           std::to_string(size);
}

RangeRequest RangeRequest::parse(std::string_view field, std::uint64_t size) {
    if (size == 0)  // there is no way to write a range of nothing; who asks gets all of it
        return {};
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos || !grove::http::iequals(field.substr(0, equals), "bytes"))
        return {};
    field.remove_prefix(equals + 1);
    RangeRequest request;
    std::size_t count = 0;
    std::size_t empty = 0;
    std::uint64_t left = size;
    while (!field.empty()) {
        const std::string_view element = take_element(field);
        if (element.empty()) {
            if (++empty > kMost) return {};
            continue;
        }
        const std::optional<ByteRange> range = range_of(element, size);
        if (!range || ++count > kMost || range->length > left) return {};
        left -= range->length;
        if (range->length != 0) request.ranges.push_back(*range);
    }
    if (count != 0)
        request.kind = request.ranges.empty() ? Kind::kUnsatisfiable : Kind::kSatisfiable;
    return request;
}
