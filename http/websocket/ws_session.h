// ws_session.h - the engine of a WebSocket: drives the socket of its connection, for either style.
//
// The hub reads while at most one message waits for the application; a full one keeps the client from sending more.
// Ownership: the handles share it, and it shares itself while it has a connection. Idle ones are many: what reads, and
// what the client has not taken, is there only while it is needed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <grove/http/websocket.h>

#include "deadline_line.h"
#include "switched_protocol.h"
#include "ws_backlog.h"
#include "ws_reader.h"
#include "ws_terms.h"
#include "ws_wait.h"

namespace grove::http {

class ServedRequest;
class WsSockets;

/// Its place among all of its service.
struct WsMember : LineHook {};

/// As a WsWait: of its client, for kBytes, kPong or kClose.
class WsSession : public SwitchedProtocol, private WsMember, private WsWait {
public:
    virtual ~WsSession();
    WsSession(const WsSession&) = delete;
    WsSession& operator=(const WsSession&) = delete;

    /// The head of the 101 has left, and this has the connection now.
    void begin(ServedRequest& request, WsSockets& sockets);
    [[nodiscard]] WebSocket handle() { return WebSocket{WsSessionRef{this}}; }
    /// Who shares it, WsSessionRef mostly, keeps it.
    void retain() noexcept { ++references_; }
    void release() noexcept {
        if (--references_ == 0) delete this;
    }

    // ---- the handles' calls
    /// @throws std::logic_error, Timeout; as WebSocket::recv()
    virtual std::optional<Message> recv(Timespan timeout) = 0;
    /// @param blocks  or gives up where it would
    bool send(Opcode opcode, std::string_view data, bool blocks);
    /// @pre code and reason may be sent
    void close(std::uint16_t code, std::string_view reason) noexcept;
    [[nodiscard]] bool closed() const noexcept { return phase_ != Phase::kOpen; }
    [[nodiscard]] std::uint16_t close_code() const noexcept { return close_code_; }
    [[nodiscard]] std::string close_reason() const {
        return close_reason_ != nullptr ? *close_reason_ : std::string{};
    }
    [[nodiscard]] const std::string& protocol() const noexcept { return terms().protocol; }

    // ---- for WsSockets
    [[nodiscard]] static WsSession& of_member(LineHook& member) noexcept;
    /// Of a session, or of its backlog.
    static void expired(WsWait& wait) noexcept;
    void stop() noexcept;
    /// Closes, unless a greenlet serves it.
    void close_parked() noexcept;

protected:
    explicit WsSession(WsTermsPtr terms) noexcept : terms_{std::move(terms)} {}

    // SwitchedProtocol
    void on_readable() noexcept final;
    void on_writable() noexcept final;
    void on_served(Fate fate) noexcept override;
    [[nodiscard]] bool logs_itself() const noexcept override { return false; }
    void on_closed() noexcept final;

    /// A message waits, or it is closed: closed() tells. Must not block, and may be called in the hub.
    virtual void news() noexcept = 0;
    /// No more is read for now, as nobody would take it.
    [[nodiscard]] virtual bool is_full() const noexcept { return message_waits_; }
    [[nodiscard]] bool message_waits() const noexcept { return message_waits_; }
    /// Takes the message, and reads on. A message waits as it came, and is inflated here.
    /// @return nullopt: that found it to be bad, and has closed. @throws std::bad_alloc. @pre message_waits()
    [[nodiscard]] std::optional<Message> take_message();
    /// Its greenlet is done with it: it goes on without. @pre it is served
    void park() noexcept;
    [[nodiscard]] bool gone() const noexcept { return connection_ == nullptr; }
    /// @pre it has begun
    [[nodiscard]] const SwitchedParts& parts() const noexcept { return *parts_; }
    [[nodiscard]] Connection& connection() const noexcept { return *connection_; }
    [[nodiscard]] std::uint64_t bytes_sent() const noexcept { return bytes_sent_; }
    /// The connection has gone.
    virtual void over() noexcept {}

private:
    enum class Phase : std::uint8_t {
        kOpen,
        kCloseSent,  // and the client's is awaited
        kFinishing,  // nothing follows what is in the outbox: then TCP ends
        kFinished,   // it has ended on this side
        kLost,       // the client has gone
    };

    [[nodiscard]] const WsTerms& terms() const noexcept { return terms_->terms; }
    [[nodiscard]] WsSockets& sockets() const noexcept;
    void on_event(void (WsSession::*deal)()) noexcept;
    void on_expired(WsWait& wait) noexcept;
    void wait_for(WsWait::For what, Timespan timeout);

    // What comes.
    [[nodiscard]] WsReader& reader();
    void read();
    void read_some();
    [[nodiscard]] bool read_what_is_there();
    void take(WsReader::Event event);
    void take_ping();
    void peer_closed();
    void heard();
    [[nodiscard]] bool is_unread();

    // What leaves.
    [[nodiscard]] bool await_room(std::size_t bytes);
    void put(Opcode opcode, std::string_view payload, bool compressed = false);
    void flush();
    void count(std::size_t sent) noexcept;
    void note_progress(std::size_t sent);
    void await_client();
    [[nodiscard]] WsBacklog& backlog();
    void drop_backlog() noexcept;

    // How it ends.
    void set_closed(Phase phase, std::uint16_t code, std::string_view reason) noexcept;
    void fail(std::uint16_t code, std::string_view why);
    void await_end();
    void finish() noexcept;
    void lose() noexcept;
    void cut() noexcept;
    [[nodiscard]] WsSessionRef let_go() noexcept;
    [[nodiscard]] bool is_served() const noexcept;

    // The small ones first: they fit into what the base leaves.
    Phase phase_ = Phase::kOpen;
    std::uint16_t close_code_ = 0;
    std::uint16_t pings_ = 0;  // in this second
    bool message_waits_ = false;
    unsigned references_ = 0;
    std::uint32_t second_ = 0;  // that began so, in milliseconds
    const WsTermsPtr terms_;
    Connection* connection_ = nullptr;      // null: gone, or not begun
    const SwitchedParts* parts_ = nullptr;  // null: not begun
    std::unique_ptr<WsReader> reader_;      // of a message that has begun, or waits; null: neither
    std::unique_ptr<WsBacklog> backlog_;    // null: the client has taken all
    std::unique_ptr<const std::string> close_reason_;  // null: ""
    std::uint64_t bytes_sent_ = 0;
};

}  // namespace grove::http
