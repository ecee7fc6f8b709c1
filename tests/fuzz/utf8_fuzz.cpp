// What is UTF-8 does not depend on how it is cut, and what is not fails at one byte alone.
#include <string_view>
#include <vector>

#include "fuzz.h"
#include "utf8.h"

namespace {

using namespace grove::fuzz;
using grove::http::Utf8Check;

/// How many reads passed; whether the text may end there.
bool good(std::string_view text, const std::vector<std::size_t>& reads) {
    Utf8Check check;
    std::size_t at = 0;
    for (const std::size_t end : reads) {
        if (!check.feed(text.substr(at, end - at))) return false;
        at = end;
    }
    return check.complete();
}

}  // namespace

GROVE_FUZZ_TARGET(utf8) {
    FuzzBytes input{data, size};
    const std::vector<std::uint8_t> steps{input.byte(), input.byte(), input.byte()};
    const std::string_view text = input.rest();
    const bool whole = good(text, {text.size()});
    require(good(text, cuts(text.size(), {1})) == whole, "bytes one by one");
    require(good(text, cuts(text.size(), steps)) == whole, "cuts do not count");
    if (!whole) return 0;
    for (const char byte : text)
        require(static_cast<unsigned char>(byte) < 0xf5, "no text has such a byte");
    return 0;
}
