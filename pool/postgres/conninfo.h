// conninfo.h - where and how to connect, with names looked up: libpq would do that in the calling
// thread.
#pragma once

#include <map>
#include <string>

#include <grove/core/duration.h>

namespace grove::postgres {

/// Keywords and values for PQconnectStartParams(), each host of which has a hostaddr.
/// @throws std::invalid_argument, std::system_error, SocketTimeout
std::map<std::string, std::string> resolved_conninfo(const std::string& conninfo,
                                                     const Deadline& deadline);

}  // namespace grove::postgres
