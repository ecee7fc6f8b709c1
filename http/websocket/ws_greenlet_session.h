// ws_greenlet_session.h - a WebSocket of the greenlet style: its messages wait for recv().
#pragma once

#include <grove/core/event.h>

#include "ws_session.h"

namespace grove::http {

class WsGreenletSession final : public WsSession {
public:
    explicit WsGreenletSession(Terms terms) : WsSession{std::move(terms)} {}

    std::optional<Message> recv(Timespan timeout) override;

private:
    void news() noexcept override { changed_.set(); }

    void give_way();

    Event changed_;
    int in_a_row_ = 0;  // messages that were there when recv() was called
    bool receiving_ = false;
};

}  // namespace grove::http
