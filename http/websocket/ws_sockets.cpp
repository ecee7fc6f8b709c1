#include "ws_sockets.h"

#include <memory>

#include "ws_session.h"

namespace grove::http {

WsSockets& WsSockets::of(const SwitchedParts& parts) {
    if (parts.all == nullptr) parts.all = std::make_unique<WsSockets>(parts);
    return static_cast<WsSockets&>(*parts.all);
}

void WsSockets::add(LineHook& member) noexcept { all_.push_back(member); }

void WsSockets::wait(WsWait& wait, WsWait::For what, Timespan timeout) {
    constexpr std::size_t kMostLines = 64;  // of which many are empty, if each socket has its own
    wait.unlink();
    wait.waits_for = what;
    if (!timeout) return;
    auto line = lines_.find(*timeout);
    if (line == lines_.end()) {
        if (lines_.size() >= kMostLines) {
            std::erase_if(lines_, [this](const auto& each) {
                return each.second.empty() && each.first != expiring_;
            });
        }
        const auto expire = [this, which = *timeout](WsWait& due) {
            expiring_ = which;  // its line is in use, though it may be empty
            due.session.expired(due);
            expiring_.reset();
        };
        line = lines_.try_emplace(*timeout, timeout, expire).first;
    }
    line->second.push_back(wait);
}

// Any of them may leave meanwhile.
template <class Function>
void WsSockets::for_each(Function function) noexcept {
    decltype(all_) left;
    left.swap(all_);
    while (!left.empty()) {
        LineHook& member = left.front();
        left.pop_front();
        all_.push_back(member);
        function(WsSession::of_member(member));
    }
}

void WsSockets::stop() noexcept {
    for_each([](WsSession& session) { session.stop(); });
}

void WsSockets::close_all() noexcept {
    for_each([](WsSession& session) { session.close_parked(); });
}

}  // namespace grove::http
