// ws_open.h - from a request to the head of its 101: what both styles of a WebSocket begin with.
#pragma once

#include <functional>
#include <memory>

#include <grove/http/websocket.h>

#include "ws_session.h"

namespace grove::http {

/// Makes the session of the agreed terms. It must not block.
using MakeSession = std::function<std::shared_ptr<WsSession>(WsSession::Terms)>;

/// Answers 101, and has the session begin. Blocks until the head is sent. @throws as WebSocket's constructor
std::shared_ptr<WsSession> open_websocket(Environ& environ, StartResponse& start_response,
                                          const WebSocketOptions& options, const MakeSession& make);

}  // namespace grove::http
