// A multipart body says the same in two cuts of it, in bounded parts, or is refused.
#include <algorithm>
#include <string>

#include <grove/http/http_error.h>

#include "fuzz.h"
#include "multipart_reader.h"

namespace {

using namespace grove;

constexpr web::MultipartLimits kLimits{.parts = 10, .part_head_bytes = 200};

// A refusal ends it with its status, whatever came before.
std::string told(std::string_view bytes, std::size_t piece, std::size_t read_size) {
    const auto source = [bytes, piece](std::size_t most, bool line) mutable {
        std::string taken{bytes.substr(0, std::min(piece, most))};
        if (line) taken.resize(std::min(taken.find('\n'), taken.size() - 1) + 1);
        bytes.remove_prefix(taken.size());
        return taken;
    };
    std::string told;
    try {
        web::MultipartReader reader{source, "b", kLimits};
        for (web::PartHead head; reader.next(head);) {
            fuzz::require(head.filename.value_or("").find_first_of("/\\") == std::string::npos,
                          "the name of a file is one component");
            told += '[' + head.name + '|' + head.filename.value_or("-") + '|';
            for (std::string read; !(read = reader.read(read_size)).empty(); told += read)
                fuzz::require(read.find("\r\n--b") == std::string::npos, "a boundary parts");
        }
    } catch (const http::HttpError& error) {
        return std::to_string(error.status());
    }
    return told;
}

}  // namespace

GROVE_FUZZ_TARGET(multipart) {
    fuzz::FuzzBytes bytes{data, size};
    const std::size_t piece = bytes.byte() + 1U;
    const std::size_t read_size = bytes.byte() + 1U;
    const std::string_view body = bytes.rest();
    const std::string whole = told(body, body.size() + 1, body.size() + 1);
    // Which limit is met first may depend on the cut; that it is refused does not.
    const std::string cut = told(body, piece, read_size);
    const bool refused = whole == "400" || whole == "413";
    fuzz::require(refused ? cut == "400" || cut == "413" : cut == whole, "a cut changes nothing");
    return 0;
}
