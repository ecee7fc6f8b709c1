// ws_parked_session.h - a WebSocket of the parked style: its messages wait for a slot, as requests do.
#pragma once

#include <memory>

#include "slot_task.h"
#include "ws_session.h"

namespace grove::http {

class WsParkedSession final : public WsSession, private SlotTask {
public:
    WsParkedSession(Terms terms, WebSocketHandlers handlers)
        : WsSession{std::move(terms)}, handlers_{std::move(handlers)} {}

    std::optional<Message> recv(Timespan timeout) override;
    /// In the request's greenlet. @throws what killed that
    void opened();

private:
    void news() noexcept override;
    [[nodiscard]] bool is_full() const noexcept override { return !parked_ || waiting.has_value(); }
    void on_served(Fate fate) noexcept override;
    [[nodiscard]] bool logs_itself() const noexcept override { return true; }
    void over(const SwitchedParts& parts) noexcept override;
    void run() override;
    void dropped() noexcept override;

    template <class Call>
    void guarded(const char* what, Call call);
    void handle_message();
    void queue() noexcept;

    const WebSocketHandlers handlers_;
    const SwitchedParts* service_ = nullptr;  // from opened()
    std::shared_ptr<WsSession> queued_;       // itself, while it waits for a slot or has one
    std::unique_ptr<KeptRecord> record_;      // null: no access log
    bool parked_ = false;                     // its request is over
    bool running_ = false;                    // it has a slot
    bool told_ = false;                       // on_close has begun
};

}  // namespace grove::http
