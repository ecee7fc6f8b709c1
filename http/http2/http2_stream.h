// http2_stream.h - one request of an HTTP/2 connection: the body that comes, and the answer that goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <boost/intrusive/list.hpp>

#include <grove/core/event.h>

#include "client_stream.h"
#include "http2_head.h"
#include "http2_session.h"
#include "message_rules.h"
#include "urgency.h"

namespace grove {
class SocketHook;
}

namespace grove::http {

class Http2Connection;

using Http2StreamHook =
    boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>,
                                     boost::intrusive::tag<class OfConnection>>;
using Http2WaitHook =
    boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>,
                                     boost::intrusive::tag<class OfWaiting>>;
using Http2NewsHook =
    boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>,
                                     boost::intrusive::tag<class OfNews>>;

/// It destroys itself when neither the session nor a ClientSocket knows it any more.
class Http2Stream final : public ClientStream,
                          public Http2StreamHook,
                          public Http2WaitHook,
                          public Http2NewsHook {
public:
    /// Of a head that begins. The session knows it from now on.
    Http2Stream(Http2Connection& connection, std::int32_t id) noexcept
        : connection_{&connection}, id_{id} {}
    Http2Stream(const Http2Stream&) = delete;
    Http2Stream& operator=(const Http2Stream&) = delete;

    [[nodiscard]] std::int32_t id() const noexcept { return id_; }

    // ---- What its connection tells it. Who serves it learns of it by those that say so.
    Http2Head head_fields{};
    MessageRules rules{};
    bool malformed = false;  // by them
    Priority priority{};
    Http2Trailers trailers_came{};
    std::unique_ptr<const Headers> trailers_due{};  // behind the answer; nullptr: none
    void head_came(bool ends) noexcept;
    void body_came(std::string_view bytes) { inbox_.append(bytes); }
    void body_ended() noexcept { ended_ = true; }
    /// The session does not know it any more.
    void session_forgot() noexcept;
    /// The connection is gone, too. It may have destroyed itself.
    void connection_gone() noexcept;
    /// What has come since the last call, to who serves it. It may have destroyed itself.
    void tell_news() noexcept;
    /// It may send again, and who serves it is told.
    void tell_of_room() noexcept;
    [[nodiscard]] std::size_t next_data(std::size_t most, DataEnd& end) const noexcept;
    void append_data(std::size_t bytes, std::string& out);
    /// The end of the answer has gone.
    void end_made() noexcept;

    /// Bytes that wait to go.
    [[nodiscard]] std::size_t owed() const noexcept { return outbox_.size() - sent_; }
    /// A ClientSocket stands over it from now on. @param hook  of that
    void serve(SocketHook& hook) noexcept {
        hook_ = &hook;
        used_ = true;
        ++shares_;
    }
    [[nodiscard]] bool has_no_body() const noexcept { return bodiless_; }
    /// Nobody reads what comes.
    [[nodiscard]] bool drops() const noexcept { return closed_ || lost_; }

private:
    // ---- ClientStream
    Socket::Outcome try_receive(std::span<char> room) noexcept override;
    void needs_more() noexcept override;
    [[nodiscard]] bool drained() const noexcept override {
        return unread() == 0 && (ended_ || !lost_) && !closed_;
    }
    [[nodiscard]] bool finished() const noexcept override { return ended_ && unread() == 0; }
    void head(const ResponseHead& head, bool ends) override;
    void tell_to_continue() override;
    void trailers(const Headers& fields) override {
        trailers_due = std::make_unique<const Headers>(fields);
    }
    [[nodiscard]] const Headers& trailers() const noexcept override { return trailers_came.fields; }
    Socket::Outcome try_send(std::span<const iovec> pieces) noexcept override;
    Socket::Outcome try_send_file(int file, std::uint64_t offset,
                                  std::size_t bytes) noexcept override;
    void end_after(std::size_t bytes) noexcept override;
    void answer(const ResponseHead& head, std::string_view body) override;
    [[nodiscard]] std::size_t unsent() const noexcept override;
    bool wait_readable(Timespan timeout) override;
    bool wait_writable(Timespan timeout) override;
    void watch_writable() noexcept override;
    [[nodiscard]] bool lost() const noexcept override { return lost_; }
    [[nodiscard]] bool closed() const noexcept override { return closed_; }
    void close() noexcept override;
    void reset() noexcept override;
    void let_go() noexcept override;

    ~Http2Stream();

    [[nodiscard]] std::size_t unread() const noexcept { return inbox_.size() - read_; }
    [[nodiscard]] std::size_t room() const noexcept;
    void release() noexcept {
        if (--shares_ == 0) delete this;
    }
    void gave(std::size_t bytes) noexcept;
    void drop_unread() noexcept;
    void cut(std::uint32_t code) noexcept;
    void wake_all() noexcept;
    void tell_who_serves() noexcept;
    void uncount() noexcept;
    void leave_place() noexcept;
    void give_back() noexcept;

    Http2Connection* connection_;  // nullptr: gone
    const std::int32_t id_;
    SocketHook* hook_ = nullptr;  // nullptr: nobody serves it
    unsigned shares_ = 1;         // the session's, and a ClientSocket's
    bool known_ = true;           // to the session
    bool forgotten_ = false;      // by it, and its share is gone
    bool counted_ = true;         // among the requests of its connection
    bool placed_ = true;          // among http2.streams
    bool used_ = false;           // by a ClientSocket
    bool head_due_ = false;       // the head has come, and nobody was told
    bool bodiless_ = false;       // its head has said so
    bool ended_ = false;          // the body
    bool lost_ = false;
    bool closed_ = false;
    bool ends_ = false;  // the answer, with what is in the outbox
    bool end_made_ = false;
    bool tells_writable_ = false;
    std::string inbox_;
    std::size_t read_ = 0;  // of it
    std::size_t held_ = 0;  // read last: the client may not send as many again yet
    std::string outbox_;
    std::size_t sent_ = 0;             // of it
    std::optional<std::size_t> left_;  // until the end of the answer
    Event readable_;
    Event writable_;
};

}  // namespace grove::http
