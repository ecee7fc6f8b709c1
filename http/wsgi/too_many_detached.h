// too_many_detached.h - a request asks for more than limits.detached: slots.cpp throws it, service_log.cpp tells why.
#pragma once

#include <cstddef>
#include <string>

#include <grove/http/http_error.h>

namespace grove::http {

/// Environ::release_slot() beyond limits.detached. The client has the status's phrase; the keys of a configuration are
/// for the log.
class TooManyDetached final : public HttpError {
public:
    explicit TooManyDetached(std::size_t most);
    [[nodiscard]] const std::string& why() const noexcept { return why_; }

private:
    std::string why_;
};

}  // namespace grove::http
