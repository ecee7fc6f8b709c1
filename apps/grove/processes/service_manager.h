// service_manager.h - what systemd and its like hand down to a service, and want to be told by it.
//
// The protocol is a datagram of a few lines and some environment variables, and stable by systemd's
// promise: not worth a library in the image.
#pragma once

#include <string>
#include <vector>

#include <grove/core/duration.h>

#include "run_master.h"

/// Thread: the master's. Without a service manager it does nothing.
class ServiceManager {
public:
    /// Takes NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID, LISTEN_PID and LISTEN_FDS out of the environment: they
    /// are not meant for children.
    ServiceManager();

    /// Sockets that are open already, from descriptor 3 on. They stay open.
    [[nodiscard]] const std::vector<int>& sockets() const noexcept { return sockets_; }

    /// READY, RELOADING or STOPPING. What cannot be told is not told: never throws, never blocks.
    void tell(grove::http::MasterPhase phase, const std::string& status) const noexcept;

    /// How often it wants to hear that the service lives: half of its patience; nullopt: never.
    [[nodiscard]] grove::Timespan alive_every() const noexcept { return alive_every_; }
    void tell_alive() const noexcept;  ///< As tell().

private:
    void send(const std::string& lines) const noexcept;

    std::string notify_;  // a path, or "@" and an abstract name
    grove::Timespan alive_every_;
    std::vector<int> sockets_;
};
