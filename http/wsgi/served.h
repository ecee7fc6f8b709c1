// served.h - the connections that greenlets serve now.
#pragma once

#include <cstdint>
#include <vector>

#include <boost/intrusive/list.hpp>

#include <grove/http/request_info.h>
#include <grove/http/request_note.h>

#include "connection.h"

namespace grove::http {

/// What is told of the connection's request, if it has one. @param greenlet  that serves it; 0: none does yet
void add_request(std::vector<RequestInfo>& all, const Connection& connection,
                 std::uint64_t greenlet);

/// A connection leaves by its unlink(). Thread: the hub's that made it.
class Served {
public:
    Served() noexcept;
    ~Served();
    Served(const Served&) = delete;
    Served& operator=(const Served&) = delete;

    /// The request that the running greenlet serves, of any server of this thread; nullptr: it serves none, or that is
    /// over.
    [[nodiscard]] static Exchange* running() noexcept;

    void add(Connection& connection) noexcept { all_.push_back(connection); }
    /// The connection that this greenlet serves; nullptr: it serves none.
    [[nodiscard]] const Connection* by(std::uint64_t greenlet) const noexcept;
    [[nodiscard]] std::vector<RequestInfo> requests() const;
    /// As WsgiServer::note_running_request().
    bool note(RequestNote& note) const noexcept;

private:
    boost::intrusive::list<Connection, boost::intrusive::constant_time_size<false>> all_;
    Served* next_;  // of this thread
};

}  // namespace grove::http
