// ws_parked_session.h - a WebSocket of the parked style: its messages wait for a slot, as requests do.
#pragma once

#include <functional>
#include <memory>

#include "kept_record.h"
#include "slot_task.h"
#include "ws_session.h"

namespace grove::http {

class WsParkedSession final : public WsSession, private SlotTask {
public:
    /// @param handlers  of which on_open stays with the caller
    WsParkedSession(WsTermsPtr terms, WebSocketHandlers& handlers);

    std::optional<Message> recv(Timespan timeout) override;
    /// In the request's greenlet. @throws what killed that
    void opened(const std::function<void(WebSocket)>& on_open);

private:
    void news() noexcept override;
    [[nodiscard]] bool is_full() const noexcept override { return !parked_ || message_waits(); }
    void on_served(Fate fate) noexcept override;
    [[nodiscard]] bool logs_itself() const noexcept override { return true; }
    void over() noexcept override;
    void run() override;
    void dropped() noexcept override;

    template <class Call>
    void guarded(const char* what, Call call);
    void handle_message();
    void queue() noexcept;
    [[nodiscard]] WsSessionRef leave_line() noexcept;

    const std::function<void(WebSocket, Message)> on_message_;
    std::unique_ptr<const std::function<void(WebSocket)>> on_close_;  // null: none
    std::unique_ptr<KeptRecord> record_;                              // null: no access log
    bool parked_ = false;                                             // its request is over
    bool queued_ = false;   // it waits for a slot, and shares itself
    bool running_ = false;  // it has a slot
    bool told_ = false;     // on_close has begun
};

}  // namespace grove::http
