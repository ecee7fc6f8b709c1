// client_address.h - who sent a request.
#pragma once

#include <string>

namespace grove::http {

class Exchange;

/// As told by the peer if that is a trusted proxy, else the peer. "" of a unix socket.
[[nodiscard]] std::string client_address(const Exchange& exchange);

}  // namespace grove::http
