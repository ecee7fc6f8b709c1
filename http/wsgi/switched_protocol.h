// switched_protocol.h - what a connection speaks after a 101, in place of HTTP: the hub drives it, as it does HTTP.
//
// A 101's application may serve on in its greenlet meanwhile, or have returned: then the connection is kSwitched, and
// owned by the protocol.
#pragma once

#include <cstdint>
#include <memory>

namespace grove::http {

class Connection;
class Lingering;
class NextTurn;
class ServiceLog;
class SlotLine;
enum class Fate : std::uint8_t;
struct ServerMetrics;
struct ServiceTerms;

/// Of one connection. RequestState::protocol names it while the greenlet serves, Connection::protocol afterwards.
class SwitchedProtocol {
public:
    /// As the SocketHook's.
    virtual void on_readable() noexcept = 0;
    virtual void on_writable() noexcept = 0;
    /// The application has returned or thrown, and its body is closed. Afterwards the connection is not kServed.
    virtual void on_served(Fate fate) noexcept = 0;
    /// It writes its access line itself, when it is over.
    [[nodiscard]] virtual bool logs_itself() const noexcept = 0;
    /// The connection closes, and is not to be touched any more.
    virtual void on_closed() noexcept = 0;

protected:
    ~SwitchedProtocol() = default;
};

/// All of one service that speak one protocol, which has made this when it was first spoken.
class SwitchedProtocols {
public:
    SwitchedProtocols() = default;
    SwitchedProtocols(const SwitchedProtocols&) = delete;
    SwitchedProtocols& operator=(const SwitchedProtocols&) = delete;
    virtual ~SwitchedProtocols() = default;

    /// The server stops: the peers are told.
    virtual void stop() noexcept = 0;
    /// Closes those that no greenlet serves.
    virtual void close_all() noexcept = 0;
};

/// What they have of their service. All of it outlives them.
struct SwitchedParts {
    const ServiceTerms& terms;
    ServerMetrics& metrics;
    ServiceLog& log;
    NextTurn& next_turn;
    Lingering& lingering;
    SlotLine& slot_line;
    std::unique_ptr<SwitchedProtocols>& all;  // null: none yet
};

}  // namespace grove::http
