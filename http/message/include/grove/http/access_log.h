// access_log.h - what is told of each request after its response, in the server's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include <grove/core/duration.h>
#include <grove/http/error_log.h>  // IWYU pragma: export

namespace grove::http {

/// One request, also a refused, timed out or aborted one. The views are valid during the call; what came
/// from the client is in them as it came.
struct AccessRecord {
    std::string_view remote_addr{};   ///< The environ's REMOTE_ADDR; "" of a unix socket.
    std::string_view request_line{};  ///< As it came, cut at 4096 bytes; "" if nothing was read.
    std::string_view method{};      ///< With target and protocol: "" if the line could not be read.
    std::string_view target{};      ///< As it was sent, query included.
    std::string_view protocol{};    ///< "HTTP/1.1"
    std::string_view referer{};     ///< "" if absent.
    std::string_view agent{};       ///< "" if absent.
    int status = 0;                 ///< 0: none was sent.
    std::uint64_t bytes = 0;        ///< Of the body.
    Duration duration{};            ///< From the complete head to the end of the response.
    std::string_view request_id{};  ///< "" if the server gives none.
};

/// Called after each response. What it throws is dropped: a log never fails a request. Must not block.
using AccessLog = std::function<void(const AccessRecord&)>;

}  // namespace grove::http
