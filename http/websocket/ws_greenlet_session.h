// ws_greenlet_session.h - a WebSocket of the greenlet style: its messages wait for recv().
#pragma once

#include <grove/core/event.h>

#include "ws_session.h"

namespace grove::http {

class WsGreenletSession final : public WsSession {
public:
    explicit WsGreenletSession(WsTermsPtr terms) : WsSession{std::move(terms)} {}

    std::optional<Message> recv(Timespan timeout) override;

private:
    void news() noexcept override { changed_.set(); }

    void give_way();
    void await_message();

    Event changed_;
    std::size_t at_once_ =
        0;  // bytes of messages that were there when recv() was called, and a share of each
    bool receiving_ = false;
};

}  // namespace grove::http
