// canned_server.h - a server without a kernel: what is left of a request is what grove does, from the readable socket to
// the parked connection. recv() and send() of this program, in place of the C library's, only count.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <grove/core/hub.h>
#include <grove/http/wsgi_server.h>

namespace grove::http {

class CannedLoop;

/// Serves one request, again and again, on that many connections. One at a time.
class CannedServer {
public:
    CannedServer(std::string_view request, Application application, std::int64_t connections);
    ~CannedServer();
    CannedServer(const CannedServer&) = delete;
    CannedServer& operator=(const CannedServer&) = delete;

    /// @return when that many more answers were sent
    void serve(std::size_t requests);

private:
    struct OpenServer;

    CannedLoop& loop_;
    std::unique_ptr<OpenServer> server_;
};

}  // namespace grove::http
