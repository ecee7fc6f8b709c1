// backdoor.h - the unix socket on which an operator asks a worker line by line (gevent.backdoor).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <grove/core/address.h>
#include <grove/core/stream.h>
#include <grove/http/access_log.h>
#include <grove/http/stream_server.h>

#include "backdoor_commands.h"

/// Each client is told the worker's pid, writes lines, and has the answer to each. The log has a line for each client and
/// each command. A client that writes a longer line than kMostLine, that reads nothing for ten seconds, or writes nothing
/// for ten minutes, is dropped; who comes while kMostClients are there is told so.
///
/// Thread: the hub's. Its clients' greenlets must have ended before it is destroyed, as stop() has it.
class Backdoor {
public:
    static constexpr std::size_t kMostLine = 1024;  ///< Bytes, with the line's end.
    static constexpr std::size_t kMostClients = 4;

    /// Serves on these listening descriptors, which it owns. None: there is no backdoor.
    Backdoor(const std::vector<int>& descriptors, BackdoorSight sight, grove::http::ErrorLog log);
    Backdoor(const Backdoor&) = delete;
    Backdoor& operator=(const Backdoor&) = delete;

    /// Accepts nobody any more: the clients that are here may still ask. Does not block.
    void close();
    /// Ends the clients, too. Blocks, for a second at most, after which a command that would not end still runs.
    void stop();

private:
    void serve(grove::Stream& client);
    void answer_lines(grove::Stream& client, const std::string& who);

    const BackdoorSight sight_;
    const grove::http::ErrorLog log_;
    std::size_t clients_ = 0;
    std::vector<std::unique_ptr<grove::http::StreamServer>> servers_;
};
