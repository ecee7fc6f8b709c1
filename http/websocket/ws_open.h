// ws_open.h - from a request to the head of its 101: what both styles of a WebSocket begin with.
#pragma once

#include <functional>

#include <grove/http/websocket.h>

#include "ws_terms.h"

namespace grove::http {

/// Makes the session of the agreed terms. It must not block.
using MakeSession = std::function<WsSessionRef(WsTermsPtr)>;

/// Answers 101, and has the session begin. Blocks until the head is sent. @throws as WebSocket's constructor
WsSessionRef open_websocket(Environ& environ, StartResponse& start_response,
                            const WebSocketOptions& options, const MakeSession& make);

}  // namespace grove::http
