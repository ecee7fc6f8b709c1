// wsgi_connection.h - a connection of a WsgiService: what it does when the hub, or its application, tells it something.
//
// Parked (idle, or with an incomplete head or body) it is driven by the hub: a readable socket is read once, and a
// complete request takes its place in the line for a slot. Served, it belongs to its greenlet, until it parks
// again or closes.
#pragma once

#include <memory>
#include <utility>

#include "connection.h"

namespace grove::http {

class AnswerLine;
class Closing;
class Lingering;
class NextTurn;
class OpenConnections;
class RequestReader;
class ServiceLog;
class SlotLine;
class Slots;
class Unserved;
struct ProxiedClient;
struct Refusal;

class WsgiConnection final : public Connection {
public:
    /// What the connections of a service share; it owns this, and all that it names.
    struct Parts : Connection::Parts {
        ServiceLog& log;
        NextTurn& next_turn;
        Lingering& lingering;
        AnswerLine& answers;
        Closing& closing;
        Unserved& unserved;
        OpenConnections& open;
        RequestReader& reader;
        Slots& slots;
        SlotLine& slot_line;
        const SwitchedParts& switched;
    };

    /// As Connection.
    WsgiConnection(const Parts& parts, FileDescriptor fd, const Address& peer,
                   std::unique_ptr<TlsLayer> tls, std::unique_ptr<const ProxiedClient> told);

    /// Of one stream: as ClientSocket. It has an exchange, and begins with take_head().
    WsgiConnection(const Parts& parts, const ClientSocket& carrier, ClientStream& stream,
                   std::shared_ptr<const SharedPeer> peer);

    /// A head was parsed into the exchange's, or `refusal` says why not. It may have closed then.
    void take_head(Refusal refusal) noexcept;
    /// Just made: its request is read when the loop tells of it.
    void await_request() noexcept;

    void look_again() noexcept override;
    void sent() noexcept override;
    [[nodiscard]] const SwitchedParts& switched_parts() const noexcept override {
        return parts().switched;
    }

private:
    void on_readable() noexcept override;
    void on_writable() noexcept override;
    [[nodiscard]] bool has_slot() const override;
    [[nodiscard]] bool lose_slot() override;
    void leave_pool(Lasting as) override;
    void set_timeout(Timespan timeout) override;
    void closed(bool in_use) noexcept override;

    void leave_line_if_reset() noexcept;
    void go_on() noexcept;
    void drain() noexcept;
    // It was made with these.
    [[nodiscard]] const Parts& parts() const noexcept {
        return static_cast<const Parts&>(Connection::parts());
    }
};

}  // namespace grove::http
