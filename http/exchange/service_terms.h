// service_terms.h - what a request must know of the server that answers it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <grove/core/address.h>
#include <grove/http/error_log.h>
#include <grove/http/limits.h>
#include <grove/http/proxies.h>

#include "mount_terms.h"
#include "request_ids.h"
#include "trusted_proxies.h"

namespace grove::http {

/// A server's options that its requests go by, and whether it is about to end. The server fills it, and has it for
/// as long as its requests are not over.
struct ServiceTerms {
    Limits limits{};
    Timeouts timeouts{};
    std::string server_name{};    // "": the address the client connected to
    Address local{};              // that of every client; unspecified: each socket has to be asked
    std::string server_header{};  // "": none
    std::string keep_alive{};     // the Keep-Alive field, as keep_alive_field() has it
    ErrorLog error_log{};         // {}: the hub tells
    TrustedProxies trusted{};
    Forwarded forwarded = Forwarded::kXForwarded;
    std::unique_ptr<RequestIds> ids{};             // null: requests have none
    std::unique_ptr<RequestIds> trace_ids{};       // null: requests have no traceparent
    std::unique_ptr<const ServerMounts> mounts{};  // null: none has terms of its own
    Duration drain_delay{};                // from stopping() on: until the last WebSocket is told
    std::uint32_t keepalive_requests = 0;  // 0: any
    bool multiprocess = false;
    bool tells_keep_alive = false;  // to clients of HTTP/1.1, too: how long their connection stays
    bool wants_time = false;        // somebody asks how long a request takes
    bool abandoned_on_fin = false;  // timeouts.abandoned counts from a client's end, too
    bool h2c = false;               // a plain connection may begin with HTTP/2's preface
    bool stopping = false;          // every response closes, and nothing more is read
    bool retiring = false;          // every response closes, but idle connections may have one

    /// Whether a connection may have another request after this one.
    [[nodiscard]] bool keeps() const noexcept { return !stopping && !retiring; }
    /// A connection closes after that many requests.
    [[nodiscard]] bool was_last(std::uint32_t requests) const noexcept {
        return keepalive_requests != 0 && requests >= keepalive_requests;
    }
    /// For a head whose mount is not known yet.
    [[nodiscard]] const Limits& head_limits() const noexcept {
        return mounts != nullptr ? mounts->head_limits() : limits;
    }
    [[nodiscard]] const ExtraMethods* extra_methods() const noexcept {
        return mounts != nullptr ? &mounts->extra_methods() : nullptr;
    }
    /// @param peer  of the connection `fd`; a unix socket's may be unspecified
    [[nodiscard]] bool is_trusted(const Address& peer, int fd) const noexcept;
    /// A line of the error log.
    void log(LogLevel level, std::string_view line) const noexcept;
};

}  // namespace grove::http
