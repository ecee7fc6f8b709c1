// stream - ?chunks=N&size=B&delay=SECONDS: N chunks of B bytes, a sleep before each.
//
// Every key may be left out: 10 chunks of 1024 bytes, without a delay.
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <grove/core/greenlet.h>
#include <grove/plugin.h>

#include "stream_query.h"

namespace {

using namespace grove::http;

Body stream(Environ& environ, StartResponse& start_response) {
    StreamQuery query;
    try {
        query = StreamQuery::parse(environ["QUERY_STRING"]);
    } catch (const std::invalid_argument& error) {
        start_response("400 Bad Request", {{"Content-Type", "text/plain"}});
        return std::string{error.what()} + "\n";
    }
    start_response("200 OK", {{"Content-Type", "application/octet-stream"}});
    return [query]() mutable -> std::optional<std::string> {
        if (query.chunks == 0) return std::nullopt;
        --query.chunks;
        grove::sleep(query.delay);  // also for no time: a fast client must not keep the hub
        return std::string(query.bytes, '.');
    };
}

}  // namespace

GROVE_PLUGIN(stream, "1.0", [](std::string_view) -> Application { return stream; });
