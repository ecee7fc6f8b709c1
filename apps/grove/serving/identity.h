// identity.h - whom a worker runs as, where root has started grove.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include <grove/http/sources.h>

#include "config.h"

struct Identity {
    uid_t user = 0;  ///< Not root.
    gid_t group = 0;
    std::vector<gid_t> groups{};  ///< That the user is in, too.
};

/// Looks up `user` and `group`, which may ask a directory on the network. Adds a line to `faults` if that is nobody.
/// @return nullopt: no user is configured, or it is a fault
std::optional<Identity> find_identity(const grove::http::Config& config,
                                      grove::http::Sources& sources,
                                      std::vector<std::string>& faults);

/// The same, of whom this process is to become. Not being root is a fault, too, unless it is that user already.
/// @return nullopt: nobody
std::optional<Identity> identity_to_become(const grove::http::Config& config,
                                           grove::http::Sources& sources,
                                           std::vector<std::string>& faults);

/// For good: what it or a program that it executes does cannot get anything back. It ends with its parent, if it did
/// so before. In a process with one thread.
/// @param dumpable  it may leave a core, and be debugged by that user
/// @throws std::system_error  the kernel refuses it
void become(const Identity& identity, bool dumpable);
