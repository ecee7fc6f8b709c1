// access_log.h - the record of each request, made after its response, in the server's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include <grove/core/duration.h>
#include <grove/http/error_log.h>  // IWYU pragma: export

namespace grove::http {

/// One request; a refused, timed out or aborted request has a record, too. The views are valid
/// during the call. Text from the client stands as it was received, unescaped.
struct AccessRecord {
    std::string_view remote_addr{};  ///< The environ's REMOTE_ADDR; "" for a unix socket.
    /// As it was received, cut at 4096 bytes; "" if nothing was read.
    std::string_view request_line{};
    /// Method, target and protocol are "" if the request line could not be read.
    std::string_view method{};
    std::string_view target{};      ///< As it was sent, query included.
    std::string_view protocol{};    ///< "HTTP/1.1"
    std::uint32_t stream = 0;       ///< Of HTTP/2: which one of its connection. 0: HTTP/1.
    std::string_view referer{};     ///< "" if absent.
    std::string_view agent{};       ///< "" if absent.
    int status = 0;                 ///< 0: no response was sent.
    std::uint64_t bytes = 0;        ///< Size of the response's body.
    Duration duration{};            ///< From the complete head to the end of the response.
    std::string_view request_id{};  ///< "" if the server gives no ids.
    std::string_view trace{};       ///< grove.traceparent; "" if the server has none.
};

/// Called after each response. Must not block. An exception is dropped: no log fails a request.
using AccessLog = std::function<void(const AccessRecord&)>;

}  // namespace grove::http
