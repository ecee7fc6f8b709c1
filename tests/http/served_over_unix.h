// served_over_unix.h - a WsgiServer on a unix socket for the length of a test.
#pragma once

#include <string>
#include <utility>

#include <grove/core/address.h>
#include <grove/http/application.h>
#include <grove/http/wsgi_server.h>

#include "http_client.h"
#include "temporary_folder.h"

namespace grove::test {

/// Serves on a unix socket: the kernel hands over at once what is sent, and keeps some 200 KB. TCP takes its time, for
/// windows and for what is corked, by timers that a fake clock does not wait for.
class ServedOverUnix {
public:
    ServedOverUnix(http::Application application, const http::WsgiOptions& options)
        : server{"unix:" + path_, std::move(application), options} {
        server.start();
    }
    ~ServedOverUnix() { server.stop(Duration::zero()); }

    [[nodiscard]] Address address() const { return Address::unix_path(path_); }
    [[nodiscard]] Client client() const { return Client{address()}; }

private:
    TemporaryFolder folder_;
    std::string path_ = (folder_.path() / "socket").string();

public:
    http::WsgiServer server;
};

}  // namespace grove::test
