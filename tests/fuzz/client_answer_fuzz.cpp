// An answer means the same to a client however it is cut; what it holds is bounded.
#include <memory>
#include <string>

#include "content_decoder.h"
#include "fuzz.h"
#include "tests/http/read_answer.h"

namespace {

using namespace grove::fuzz;
using namespace grove::http;
using grove::test::AskedFor;
using grove::test::read_answer;

constexpr const char* kCodings[] = {"gzip", "deflate", "br", "zstd"};

/// The decoded start of `bytes`, or "broken" behind what came before the fault.
std::string decoded(const char* coding, std::string_view bytes, std::size_t step) {
    constexpr std::size_t kMost = 1 << 16;
    constexpr std::size_t kRoom = 512;
    const auto decoder = make_decoder(coding);
    std::string text;
    try {
        while (!bytes.empty() && text.size() < kMost) {
            std::string_view piece = bytes.substr(0, step);
            bytes.remove_prefix(piece.size());
            bool more = true;
            while ((more || !piece.empty()) && text.size() < kMost) {
                const std::size_t had = text.size();
                const std::size_t left = piece.size();
                more = decoder->decode(piece, text, kRoom);
                require(text.size() - had <= kRoom, "a decoder keeps to its room");
                require(more || piece.empty() || piece.size() < left || text.size() > had,
                        "a decoder goes on");
            }
        }
    } catch (const BadCoding&) {
        return "broken";
    }
    text.resize(std::min(text.size(), kMost));
    return text + (decoder->complete() ? " complete" : "");
}

}  // namespace

GROVE_FUZZ_TARGET(client_answer) {
    FuzzBytes input{data, size};
    const std::uint8_t how = input.byte();
    const std::vector<std::uint8_t> steps{input.byte(), input.byte(), input.byte()};
    const std::string_view bytes = input.rest();
    if ((how & 0x80U) != 0) {
        const char* const coding = kCodings[how % 4U];
        require(decoded(coding, bytes, bytes.size() + 1) == decoded(coding, bytes, 1),
                "cuts do not count to a decoder");
        return 0;
    }
    const AskedFor asked{.method = (how & 1U) != 0 ? "HEAD" : "GET",
                         .upgrade = (how & 2U) != 0 ? "websocket" : "",
                         .most = (how & 4U) != 0 ? 64U : 65536U};
    const std::string whole = read_answer(bytes, {bytes.size()}, asked);
    require(whole != "stuck", "it goes on");
    require(read_answer(bytes, cuts(bytes.size(), {1}), asked) == whole, "bytes one by one");
    require(read_answer(bytes, cuts(bytes.size(), steps), asked) == whole, "cuts do not count");
    return 0;
}
