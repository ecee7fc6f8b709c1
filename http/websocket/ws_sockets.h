// ws_sockets.h - the WebSockets of one server: their time-outs, and who is told of its stop.
#pragma once

#include <cstddef>
#include <map>
#include <optional>

#include <boost/intrusive/list.hpp>

#include <grove/core/duration.h>

#include "deadline_line.h"
#include "switched_protocol.h"
#include "ws_wait.h"

namespace grove::http {

class WsSession;

class WsSockets final : public SwitchedProtocols {
public:
    explicit WsSockets(const SwitchedParts& parts) noexcept : parts_{parts} {}
    /// Those of that service, made when it has its first.
    [[nodiscard]] static WsSockets& of(const SwitchedParts& parts);

    [[nodiscard]] const SwitchedParts& parts() const noexcept { return parts_; }
    /// A member leaves by its unlink().
    void add(LineHook& member) noexcept;
    /// The session's expired() is called after `timeout`, unless the wait ends by its unlink() before. nullopt: never.
    void wait(WsWait& wait, WsWait::For what, Timespan timeout);

    void stop() noexcept override;
    void close_all() noexcept override;

private:
    template <class Function>
    void for_each(Function function) noexcept;

    using Line = DeadlineLine<WsWait>;

    const SwitchedParts& parts_;
    boost::intrusive::list<LineHook, boost::intrusive::base_hook<LineHook>,
                           boost::intrusive::constant_time_size<false>>
        all_;
    std::map<Duration, Line> lines_;  // by their time-outs, which options may choose
    std::optional<Duration> expiring_{};
};

}  // namespace grove::http
