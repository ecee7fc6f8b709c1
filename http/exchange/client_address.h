// client_address.h - who sent a request.
#pragma once

#include <string>

namespace grove::http {

class RequestState;

/// As told by the peer if that is a trusted proxy, else the peer. "" of a unix socket.
[[nodiscard]] std::string client_address(const RequestState& request);

}  // namespace grove::http
