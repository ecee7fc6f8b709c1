// ws_sockets.h - the WebSockets of one server: their time-outs, and who is told of its stop.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>

#include <boost/intrusive/list.hpp>

#include <grove/core/detail/notifier.h>
#include <grove/core/detail/timer.h>
#include <grove/core/duration.h>

#include "deadline_line.h"
#include "switched_protocol.h"
#include "ws_fan_out.h"
#include "ws_terms.h"
#include "ws_wait.h"

namespace grove::http {

class WsSession;

/// From stopping() on, those that are open are told of the stop: all at once, or one after the other in the time of
/// ServiceTerms::drain_delay, in an order of chance.
class WsSockets final : public SwitchedProtocols, private Timer {
public:
    explicit WsSockets(const SwitchedParts& parts) : parts_{parts} {}
    ~WsSockets() override;
    /// Those of that service, made when it has its first. For one that may begin: stopping() is not set.
    [[nodiscard]] static WsSockets& of(const SwitchedParts& parts);

    [[nodiscard]] const SwitchedParts& parts() const noexcept { return parts_; }
    [[nodiscard]] WsFanOut& fan_out() noexcept { return fan_out_; }
    /// A member leaves by its unlink().
    void add(LineHook& member) noexcept;
    /// The same object for equal terms, of those that were shared last.
    [[nodiscard]] WsTermsPtr share(WsTerms terms);
    /// WsSession::expired() is called after `timeout`, unless the wait ends by its unlink() before. nullopt: never.
    void wait(WsWait& wait, WsWait::For what, Timespan timeout);

    void stop() noexcept override;
    void close_all() noexcept override;

private:
    void await_stop();
    void begin_drain();
    void tell_who_is_due() noexcept;
    void expired() noexcept override { tell_who_is_due(); }
    template <class Function>
    void for_each(Function function) noexcept;

    using Line = DeadlineLine<WsWait>;
    using Members = boost::intrusive::list<LineHook, boost::intrusive::base_hook<LineHook>,
                                           boost::intrusive::constant_time_size<false>>;

    const SwitchedParts& parts_;
    std::array<WsTermsPtr, 8> shared_;  // nullptr: none yet
    std::size_t shared_next_ = 0;       // the place of the oldest
    WsFanOut fan_out_;
    Members all_;
    std::map<Duration, Line> lines_;  // by their time-outs, which options may choose
    std::optional<Duration> expiring_{};

    LinkId stop_link_ = 0;  // at stopping()
    Members untold_;        // of those that were open when the drain began
    Timer::Instant began_{};
    std::size_t to_tell_ = 0;  // when it began
    std::size_t told_ = 0;
};

}  // namespace grove::http
