// llhttp, as it is compiled for processors with SSE 4.2, and as it is for all: they are the same parser.
#include <cstddef>
#include <string>
#include <string_view>

#include <llhttp.h>

#include "fuzz.h"

#if defined(GROVE_LLHTTP_SSE42)

extern "C" int grove_llhttp_sse42_execute(llhttp__internal_t* parser, const char* begin,
                                          const char* end);

namespace {

using namespace grove::fuzz;
using Execute = int (*)(llhttp__internal_t*, const char*, const char*);

/// All that a parser says of its bytes.
struct Report {
    std::string text{};
    const char* begin = nullptr;

    static int add(llhttp_t* parser, const char* what, const char* at, std::size_t length) {
        auto& report = *static_cast<Report*>(parser->data);
        report.text.append(what).append(std::to_string(at - report.begin)).append("+");
        report.text.append(std::to_string(length)).append(" ");
        return 0;
    }
};

llhttp_settings_t settings() {
    llhttp_settings_t all;
    llhttp_settings_init(&all);
    all.on_url = [](llhttp_t* parser, const char* at, std::size_t length) {
        return Report::add(parser, "url", at, length);
    };
    all.on_header_field = [](llhttp_t* parser, const char* at, std::size_t length) {
        return Report::add(parser, "field", at, length);
    };
    all.on_header_value = [](llhttp_t* parser, const char* at, std::size_t length) {
        return Report::add(parser, "value", at, length);
    };
    all.on_headers_complete = [](llhttp_t*) { return static_cast<int>(HPE_PAUSED); };
    return all;
}

/// The bytes are given in two parts.
std::string told_by(Execute execute, const std::string& bytes, std::size_t first) {
    static const llhttp_settings_t all = settings();
    llhttp_t parser;
    llhttp_init(&parser, HTTP_REQUEST, &all);
    Report report{.begin = bytes.data()};
    parser.data = &report;
    const char* const end = bytes.data() + bytes.size();
    int result = execute(&parser, bytes.data(), bytes.data() + first);
    if (result == 0) result = execute(&parser, bytes.data() + first, end);
    report.text.append("result ").append(std::to_string(result)).append(" at ");
    if (result != 0) report.text += std::to_string(parser.error_pos - bytes.data());
    return report.text + " " + std::to_string(parser.method) + " " + std::to_string(parser.flags) +
           " " + std::to_string(parser.content_length);
}

}  // namespace

GROVE_FUZZ_TARGET(processors) {
    if (!__builtin_cpu_supports("sse4.2")) return 0;
    const std::string bytes{reinterpret_cast<const char*>(data), size};
    for (const std::size_t first : {std::size_t{0}, size / 3, size}) {
        require(told_by(llhttp__internal_execute, bytes, first) ==
                    told_by(grove_llhttp_sse42_execute, bytes, first),
                "both say the same");
    }
    return 0;
}

#else

GROVE_FUZZ_TARGET(processors) {
    static_cast<void>(data);
    static_cast<void>(size);
    return 0;
}

#endif
