// served.h - the connections that greenlets serve now.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <boost/intrusive/list.hpp>

#include <grove/http/request_info.h>
#include <grove/http/request_note.h>

#include "connection.h"
#include "running_exchange.h"

namespace grove::http {

/// What is told of the connection's request, if it has one. @param greenlet  that serves it; 0: none does yet
void add_request(std::vector<RequestInfo>& all, const Connection& connection,
                 std::uint64_t greenlet);

/// The caller is the greenlet that serves it.
[[nodiscard]] bool is_served_by_caller(const Connection& connection);

/// A connection leaves by its unlink().
class Served final : private ExchangeFinder {
public:
    void add(Connection& connection) noexcept { all_.push_back(connection); }
    /// The connection that this greenlet serves; nullptr: it serves none.
    [[nodiscard]] const Connection* by(std::uint64_t greenlet) const noexcept;
    [[nodiscard]] Connection* by(std::uint64_t greenlet) noexcept {
        return const_cast<Connection*>(std::as_const(*this).by(greenlet));
    }
    [[nodiscard]] std::vector<RequestInfo> requests() const;
    /// As WsgiServer::note_running_request().
    bool note(RequestNote& note) const noexcept;

private:
    [[nodiscard]] Exchange* exchange_of(std::uint64_t greenlet) const noexcept override {
        const Connection* const connection = by(greenlet);
        return connection != nullptr ? connection->exchange : nullptr;
    }

    boost::intrusive::list<Connection, boost::intrusive::constant_time_size<false>> all_;
};

}  // namespace grove::http
