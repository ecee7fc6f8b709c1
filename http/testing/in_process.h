// in_process.h - a server for an application that is called in process: its clients are handed to it.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <grove/core/address.h>
#include <grove/core/file_descriptor.h>
#include <grove/core/shield.h>
#include <grove/http/wsgi_server.h>
#include <grove/testing.h>

namespace grove::http {

/// It never listens.
class InProcessServer final : public WsgiServer {
public:
    InProcessServer(Application application, WsgiOptions options)
        : WsgiServer{"127.0.0.1:0", std::move(application), std::move(options)} {}

    void take(FileDescriptor fd, const Address& peer) { accepted(std::move(fd), peer); }
    void finish() {
        closing();
        join_handlers({});
    }
    void abandon() {
        const Shield shield;
        closing();
        kill_handlers();
        join_handlers({});
    }
};

/// @throws std::system_error
std::pair<FileDescriptor, FileDescriptor> connected_pair();
/// REMOTE_ADDR and REMOTE_PORT of the client. @throws std::invalid_argument
Address peer_of(const TestRequest& request);
/// As it is sent. @throws std::invalid_argument  as call() says
std::string request_bytes(const TestRequest& request);
/// Status line and fields of what is a head up to its empty line; they are the server's, so well-formed.
void read_head(std::string_view head, TestAnswer& answer);

}  // namespace grove::http
