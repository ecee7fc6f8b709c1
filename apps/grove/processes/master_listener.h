// master_listener.h - where the master listens for its workers.
#pragma once

#include <string>

namespace grove::http {

/// An address that the master binds. Two listeners are the same if all their members are equal.
struct MasterListener {
    std::string address{};      ///< As Listener takes it; a host name means all its addresses.
    std::string mode{};         ///< A unix socket's file mode, octal; "": as the umask has it.
    bool defer_accept = false;  ///< TCP only: accepted once the client has sent something.
    /// One queue for all workers; else a queue for each (SO_REUSEPORT). A unix socket: always one.
    bool shared = false;

    bool operator==(const MasterListener&) const = default;
};

}  // namespace grove::http
