// ws_backlog.h - what a WebSocket's client has not taken yet, and who waits for that. Most WebSockets have none.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "ws_client_pace.h"
#include "ws_senders.h"
#include "ws_wait.h"
#include "ws_writer.h"

namespace grove::http {

/// As a WsWait: for room, in the kernel's buffer.
struct WsBacklog : WsWait {
    explicit WsBacklog(WsSession& of) noexcept : session{of} {}
    /// For a message of so many bytes. One that is longer than all that may wait has room when nothing waits.
    [[nodiscard]] bool has_room(std::size_t bytes) const noexcept {
        constexpr std::size_t kMost = std::size_t{1} << 20U;
        return outbox.size() == 0 || outbox.size() + bytes <= kMost;
    }
    /// The same, and nobody waits for it.
    [[nodiscard]] bool takes(std::size_t bytes) const noexcept {
        return senders.empty() && has_room(bytes);
    }
    [[nodiscard]] bool over() const noexcept { return outbox.empty() && senders.empty(); }

    WsSession& session;
    Outbox outbox{};
    WsSenders senders{};                   // that find no room
    std::optional<WsClientPace> behind{};  // {}: the kernel has taken all
};

/// For a sender that may have been the last to need it.
struct WsBacklogUse {
    std::unique_ptr<WsBacklog>& backlog;
    ~WsBacklogUse() {
        if (backlog != nullptr && backlog->over()) backlog.reset();
    }
};

}  // namespace grove::http
