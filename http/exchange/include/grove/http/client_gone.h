// client_gone.h - the exception that timeouts.abandoned throws into an application whose client has
// gone.
#pragma once

#include <grove/core/detail/export.h>
#include <grove/core/errors.h>

namespace grove::http {

/// Thrown out of the call in which the application blocks, or out of its next one, once its client
/// has been gone for Timeouts::abandoned. Nothing else throws it: a write that fails throws
/// std::system_error. No catch of std::exception swallows it.
class GROVE_EXPORT ClientGone : public GreenletExit {
public:
    ClientGone() = default;
    ClientGone(const ClientGone&) = default;
    ClientGone& operator=(const ClientGone&) = default;
    ~ClientGone() override;
};

}  // namespace grove::http
