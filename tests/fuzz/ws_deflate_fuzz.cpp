// A compressed message is bounded, and text if it says so, whatever its bytes; and what is compressed is inflated.
#include <string>

#include "close_codes.h"
#include "fuzz.h"
#include "utf8.h"
#include "ws_deflate.h"

namespace {

using namespace grove::fuzz;
using namespace grove::http;

void inflate_any(WsDeflate& deflate, std::string_view coded, std::size_t most, bool text) {
    const auto inflated = deflate.inflate(coded, most, text);
    if (inflated.close_code != 0) {
        require(inflated.close_code == close_code::kBadData ||
                    inflated.close_code == close_code::kTooBig,
                "a bad message is 1007 or 1009");
        require(inflated.message.empty(), "nothing of a bad message is kept");
        require(*inflated.why != '\0', "a bad message is told why");
        return;
    }
    require(inflated.message.size() <= most, "a message is within its limit");
    require(!text || is_utf8(inflated.message), "text is UTF-8");
}

void compress_any(WsDeflate& deflate, const std::string& message, int window_bits) {
    const auto coded = deflate.compress(message, window_bits);
    if (!coded) return;
    require(coded->size() < message.size(), "what is compressed is smaller");
    const auto inflated = deflate.inflate(*coded, message.size(), false);
    require(inflated.close_code == 0 && inflated.message == message, "it means the same");
    const auto bounded = deflate.inflate(*coded, message.size() - 1, false);
    require(bounded.close_code == close_code::kTooBig, "one byte less is too long");
}

}  // namespace

GROVE_FUZZ_TARGET(ws_deflate) {
    FuzzBytes input{data, size};
    const std::uint8_t choice = input.byte();
    WsDeflate deflate;
    const bool text = (choice & 1U) != 0;
    inflate_any(deflate, input.rest(), (choice & 2U) != 0 ? 20 : 70000, text);
    const std::string once{input.rest()};
    compress_any(deflate, once + once + once, 9 + (choice >> 2U) % 7U);
    return 0;
}
