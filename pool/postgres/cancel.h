// cancel.h - asking a server to cancel what a connection of it does (PostgreSQL's manual, 55.2.8).
#pragma once

#include <string_view>

#include <grove/core/address.h>

namespace grove::postgres {

struct CancelKey {
    Address server{};
    int pid = 0;  // 0: none is known
    int secret = 0;
};

/// From libpq's trace of a log-in, the only place where it tells the key. @return pid 0: it is not
/// there
CancelKey cancel_key_in(std::string_view trace);

/// Has a greenlet send the request, in five seconds at most. Never switches.
void request_cancel(const CancelKey& key) noexcept;

}  // namespace grove::postgres
