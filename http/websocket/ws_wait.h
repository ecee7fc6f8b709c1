// ws_wait.h - what a WebSocket waits for with a time-out: it stands in the line of all that wait as long.
#pragma once

#include <cstdint>

#include "deadline_line.h"

namespace grove::http {

class WsSession;

/// A session is one itself, of its client's silence; its WsBacklog is the other.
struct WsWait : LineHook {
    enum class For : std::uint8_t {
        kBytes,  // of its client, before a ping
        kPong,   // or any other byte
        kRoom,   // the client takes what it is sent
        kClose,  // the client's own
    };

    Timer::Instant since{};
    For waits_for = For::kBytes;
};

}  // namespace grove::http
