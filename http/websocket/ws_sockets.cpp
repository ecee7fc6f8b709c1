#include "ws_sockets.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include <grove/core/hub.h>
#include <grove/http/stopping.h>

#include "service_terms.h"
#include "ws_session.h"

namespace grove::http {
namespace {

constexpr Duration kBetweenTold =
    std::chrono::milliseconds{5};  // at least, so that others have their turn

// @throws std::bad_alloc, and the order is as it was
template <class List>
void shuffle(List& list) {
    std::vector<std::reference_wrapper<LineHook>> members{list.begin(), list.end()};
    std::shuffle(members.begin(), members.end(), std::minstd_rand{std::random_device{}()});
    list.clear();
    for (LineHook& member : members) list.push_back(member);
}

}  // namespace

WsSockets::~WsSockets() {
    stopping().unlink(stop_link_);
    get_hub().cancel(*this);
}

WsSockets& WsSockets::of(const SwitchedParts& parts) {
    if (parts.all == nullptr) parts.all = std::make_unique<WsSockets>(parts);
    auto& sockets = static_cast<WsSockets&>(*parts.all);
    sockets.await_stop();
    return sockets;
}

WsTermsPtr WsSockets::share(WsTerms terms) {
    for (const WsTermsPtr& each : shared_) {
        if (each != nullptr && each->terms == terms) return each;
    }
    WsTermsPtr& place = shared_.at(shared_next_);
    place = new SharedWsTerms{std::move(terms)};
    shared_next_ = (shared_next_ + 1) % shared_.size();
    return place;
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
            WsSession::expired(due);
            expiring_.reset();
        };
        line = lines_.try_emplace(*timeout, timeout, expire).first;
    }
    line->second.push_back(wait);
}

// ---- the stop

// A link is called once, but a server may be started again. @pre stopping() is not set: a drain would begin anew
void WsSockets::await_stop() {
    if (stop_link_ != 0) return;
    stop_link_ = stopping().rawlink([this] { begin_drain(); });
}

// In the hub. Those that come during a drain are refused.
void WsSockets::begin_drain() {
    stop_link_ = 0;
    if (parts_.terms.stopping) return;
    untold_.splice(untold_.end(), all_);
    try {
        shuffle(untold_);
    } catch (const std::exception&) {  // no memory: any order does
    }
    began_ = get_hub().now();
    to_tell_ = untold_.size();
    told_ = 0;
    tell_who_is_due();
}

// The first when the drain begins, the others evenly until its end.
void WsSockets::tell_who_is_due() noexcept {
    const Duration whole = parts_.terms.drain_delay;
    const Duration passed = get_hub().now() - began_;
    const auto moment_of = [&](std::size_t count) {
        return std::chrono::duration_cast<Duration>(
            whole * (static_cast<double>(count) / static_cast<double>(to_tell_)));
    };
    while (!untold_.empty() && moment_of(told_) <= passed) {
        ++told_;
        LineHook& member = untold_.front();
        untold_.pop_front();
        all_.push_back(member);
        WsSession::of_member(member).stop();
    }
    if (!untold_.empty() && !armed())
        get_hub().arm_after(*this, std::max(moment_of(told_) - passed, kBetweenTold));
}

// Any of them may leave meanwhile.
template <class Function>
void WsSockets::for_each(Function function) noexcept {
    all_.splice(all_.end(), untold_);
    Members left;
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
