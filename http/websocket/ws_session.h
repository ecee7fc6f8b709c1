// ws_session.h - the engine of a WebSocket: drives the socket of its connection, for either style.
//
// The hub reads while at most one message waits for the application; a full one keeps the client from sending more.
// Ownership: the handles share it, and it shares itself while it has a connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <grove/http/websocket.h>

#include "deadline_line.h"
#include "kept_record.h"
#include "switched_protocol.h"
#include "ws_client_pace.h"
#include "ws_reader.h"
#include "ws_senders.h"
#include "ws_wait.h"
#include "ws_writer.h"

namespace grove::http {

class ServedRequest;
class WsSockets;

class WsSession : public SwitchedProtocol, public std::enable_shared_from_this<WsSession> {
public:
    /// What bounds it, and what was agreed on.
    struct Terms {
        ReaderLimits limits{};
        Timespan ping{};
        Timespan pong{};
        Timespan write{};
        std::uint64_t write_rate = 0;
        std::string protocol{};
        int window_bits = 0;  // of permessage-deflate; 0: it was not agreed on
    };

    virtual ~WsSession();
    WsSession(const WsSession&) = delete;
    WsSession& operator=(const WsSession&) = delete;

    /// The head of the 101 has left, and this has the connection now.
    void begin(ServedRequest& request);
    [[nodiscard]] WebSocket handle() { return WebSocket{shared_from_this()}; }

    // ---- the handles' calls
    /// @throws std::logic_error, Timeout; as WebSocket::recv()
    virtual std::optional<Message> recv(Timespan timeout) = 0;
    /// @param blocks  or gives up where it would
    bool send(Opcode opcode, std::string_view data, bool blocks);
    /// @pre code and reason may be sent
    void close(std::uint16_t code, std::string_view reason) noexcept;
    [[nodiscard]] bool closed() const noexcept { return phase_ != Phase::kOpen; }
    [[nodiscard]] std::uint16_t close_code() const noexcept { return close_code_; }
    [[nodiscard]] const std::string& close_reason() const noexcept { return close_reason_; }
    [[nodiscard]] const std::string& protocol() const noexcept { return terms_.protocol; }

    // ---- for WsSockets
    [[nodiscard]] static WsSession& of_member(LineHook& member) noexcept;
    void expired(WsWait& wait) noexcept;
    void stop() noexcept;
    /// Closes, unless a greenlet serves it.
    void close_parked() noexcept;

protected:
    explicit WsSession(Terms terms);

    // SwitchedProtocol
    void on_readable() noexcept final;
    void on_writable() noexcept final;
    void on_served(Fate fate) noexcept override;
    [[nodiscard]] bool logs_itself() const noexcept override { return false; }
    void on_closed() noexcept final;

    /// A message waits in `waiting`, or it is closed: closed() tells. Must not block, and may be called in the hub.
    virtual void news() noexcept = 0;
    /// No more is read for now, as nobody would take it.
    [[nodiscard]] virtual bool is_full() const noexcept { return waiting.has_value(); }
    /// `waiting` was taken: reads on.
    void read_on() noexcept;
    /// Its greenlet is done with it: it goes on without. @pre it is served
    void park() noexcept;
    [[nodiscard]] bool gone() const noexcept { return connection_ == nullptr; }
    /// @pre !gone()
    [[nodiscard]] const SwitchedParts& parts() const noexcept;
    [[nodiscard]] Connection& connection() const noexcept { return *connection_; }
    [[nodiscard]] std::uint64_t bytes_sent() const noexcept { return bytes_sent_; }
    /// The connection has gone. @param parts  of the service, which still is there
    virtual void over(const SwitchedParts&) noexcept {}

    std::optional<Message> waiting;

private:
    enum class Phase : std::uint8_t {
        kOpen,
        kCloseSent,  // and the client's is awaited
        kFinishing,  // nothing follows what is in the outbox: then TCP ends
        kFinished,   // it has ended on this side
        kLost,       // the client has gone
    };
    struct Member : LineHook {
        explicit Member(WsSession& of) noexcept : session{of} {}
        WsSession& session;
    };

    // What comes.
    void read();
    [[nodiscard]] bool read_what_is_there();
    void take(WsReader::Event event);
    void take_message();
    void take_ping();
    void peer_closed();
    void heard();
    [[nodiscard]] bool is_unread();

    // What leaves.
    [[nodiscard]] bool has_room(std::size_t bytes) const noexcept;
    [[nodiscard]] bool await_room(std::size_t bytes);
    [[nodiscard]] std::optional<std::string> compressed(std::string_view message) const;
    void put(Opcode opcode, std::string_view payload, bool compressed = false);
    void flush();
    void count(std::size_t sent) noexcept;
    void note_progress(std::size_t sent);
    void await_client();

    // How it ends.
    void set_closed(Phase phase, std::uint16_t code, std::string_view reason) noexcept;
    void send_close(std::uint16_t code, std::string_view reason);
    void fail(std::uint16_t code, std::string_view why);
    void await_end();
    void finish() noexcept;
    void lose() noexcept;
    void cut() noexcept;
    [[nodiscard]] std::shared_ptr<WsSession> let_go() noexcept;
    [[nodiscard]] bool is_served() const noexcept;

    const Terms terms_;
    Connection* connection_ = nullptr;  // null: gone, or not begun
    WsSockets* sockets_ = nullptr;      // with that
    std::shared_ptr<WsSession> self_;   // with that
    Phase phase_ = Phase::kOpen;
    std::uint16_t close_code_ = 0;
    std::uint16_t pings_ = 0;  // in this second
    Timer::Instant second_{};  // that began so
    std::uint64_t bytes_sent_ = 0;
    WsReader reader_;
    Outbox outbox_;
    std::string close_reason_;
    WsSenders senders_;                     // that find no room
    std::unique_ptr<WsClientPace> behind_;  // null: the kernel has taken all
    Member member_{*this};
    WsWait silence_{*this};  // of the client: kBytes, kPong or kClose
    WsWait blocked_{*this};  // kRoom
};

}  // namespace grove::http
