// stream_servers.h - what tests of StreamServer serve, and where.
#pragma once

#include <grove/core/address.h>
#include <grove/core/stream.h>
#include <grove/http/stream_server.h>

namespace grove::test {

inline Address address_of(const http::StreamServer& server) {
    return Address::ip("127.0.0.1", server.server_port());
}

inline void say_x(Stream& stream, const Address&) { stream.sendall("x"); }

}  // namespace grove::test
