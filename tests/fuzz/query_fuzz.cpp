// What the application stream reads of a query: values within their bounds, or a reason.
#include <chrono>
#include <stdexcept>
#include <string_view>

#include "apps/stream/stream_query.h"
#include "fuzz.h"

GROVE_FUZZ_TARGET(query) {
    using namespace grove::fuzz;
    try {
        const StreamQuery query = StreamQuery::parse(FuzzBytes{data, size}.rest());
        require(query.chunks <= StreamQuery::kMostChunks, "chunks are bounded");
        require(query.bytes >= 1 && query.bytes <= StreamQuery::kMostBytes, "bytes are bounded");
        require(query.delay >= grove::Duration{} && query.delay <= std::chrono::hours{1},
                "a delay is bounded");
    } catch (const std::invalid_argument& error) {
        require(std::string_view{error.what()}.size() > 10, "a refusal has a reason");
    }
    return 0;
}
