// too_many_lasting.h - a request that will last finds a limit reached: slots.cpp throws it, service_log.cpp tells why.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <grove/http/http_error.h>

namespace grove::http {

/// leave_pool() beyond a limit. The client has the status's phrase; the keys of a configuration are for the log.
class TooManyLasting final : public HttpError {
public:
    /// @param limit  the key in "limits"
    /// @param what   "event streams are open"
    TooManyLasting(std::string_view limit, std::size_t most, std::string_view what);
    [[nodiscard]] const std::string& why() const noexcept { return why_; }

private:
    std::string why_;
};

}  // namespace grove::http
