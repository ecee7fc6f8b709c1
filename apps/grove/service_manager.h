// service_manager.h - what systemd and its like hand down to a service, and want to be told by it.
//
// The protocol is a datagram of a few lines and three environment variables, and stable by systemd's
// promise: not worth a library in the image.
#pragma once

#include <string>
#include <vector>

#include <grove/http/supervisor.h>

/// Thread: the master's. Without a service manager it does nothing.
class ServiceManager {
public:
    /// Takes NOTIFY_SOCKET, LISTEN_PID and LISTEN_FDS out of the environment: they are not meant for children.
    ServiceManager();

    /// Sockets that are open already, from descriptor 3 on. They stay open.
    [[nodiscard]] const std::vector<int>& sockets() const noexcept { return sockets_; }

    /// READY, RELOADING or STOPPING. What cannot be told is not told: never throws, never blocks.
    void tell(grove::http::SupervisorPhase phase, const std::string& status) const noexcept;

private:
    std::string notify_;  // a path, or "@" and an abstract name
    std::vector<int> sockets_;
};
