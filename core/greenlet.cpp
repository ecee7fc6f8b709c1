#include <grove/core/greenlet.h>

#include <grove/core/detail/waiter.h>
#include <grove/core/errors.h>
#include <grove/core/hub.h>
#include <grove/core/shield.h>

#include "block_here.h"
#include "hub_access.h"
#include "this_hub.h"

namespace grove {
namespace {

/// A user's link, called in the hub.
class UserLink final : public WaitNode {
public:
    UserLink(detail::GreenletState& greenlet, LinkId id, AnyGreenlet::Link function)
        : WaitNode{Kind::kLink}, greenlet_{greenlet}, id_{id}, function_{std::move(function)} {}

    [[nodiscard]] LinkId id() const noexcept { return id_; }

    void notify() noexcept override {
        try {
            function_(AnyGreenlet{&greenlet_});
        } catch (...) {
            greenlet_.hub->handle_error("a link of " + greenlet_.display_name(),
                                        std::current_exception());
        }
        delete this;  // and with it what the function captured
    }

private:
    detail::GreenletState& greenlet_;
    LinkId id_;
    AnyGreenlet::Link function_;
};

void add_link(detail::GreenletState& greenlet, WaitNode& node) {
    greenlet.links.push_back(node);
    if (greenlet.dead()) greenlet.schedule_links();
}

// Apart: a function that has a string of its own guards its stack.
[[noreturn, gnu::cold, gnu::noinline]] void refuse_null(const char* call) {
    throw std::logic_error{std::string{call} + " was called on a null greenlet handle"};
}

}  // namespace

detail::GreenletState& AnyGreenlet::checked(const char* call) const {
    if (state_ == nullptr) refuse_null(call);
    state_->check_thread(call);
    return *state_;
}

std::uint64_t AnyGreenlet::id() const noexcept { return state_ != nullptr ? state_->id : 0; }
std::string AnyGreenlet::name() const { return state_ != nullptr ? state_->display_name() : ""; }
void AnyGreenlet::set_name(std::string name) const {
    detail::GreenletState& greenlet = checked("set_name()");
    auto owned = std::make_unique<std::string>(std::move(name));
    const HubAccess::AsHub as_hub{*greenlet.hub};
    HubAccess::keep_from_monitor(*greenlet.hub, greenlet);
    greenlet.name.swap(owned);
}

void AnyGreenlet::start() const { checked("start()").start(); }
void AnyGreenlet::start_later(Duration delay) const { checked("start_later()").start_later(delay); }

bool AnyGreenlet::started() const noexcept {
    using Phase = detail::GreenletState::Phase;
    return state_ != nullptr &&
           (state_->phase == Phase::kScheduled || state_->phase == Phase::kAlive);
}
bool AnyGreenlet::dead() const noexcept { return state_ != nullptr && state_->dead(); }
bool AnyGreenlet::successful() const noexcept { return dead() && state_->error == nullptr; }
std::exception_ptr AnyGreenlet::exception() const noexcept {
    return dead() ? state_->error : nullptr;
}

bool AnyGreenlet::join(Timespan timeout) const {
    detail::GreenletState& greenlet = checked("join()");
    if (greenlet.dead()) return true;
    if (greenlet.is_main || &greenlet == &HubAccess::current(*greenlet.hub))
        throw std::logic_error{greenlet.display_name() + " would wait for its own end for ever"};
    const AnyGreenlet kept = *this;  // whoever owns this handle may drop it meanwhile
    return HubAccess::wait_in(greenlet.links, WaitNode::Kind::kLooker, "the end of a greenlet",
                              timeout);
}

void AnyGreenlet::wait_for_value(bool block, Timespan timeout) const {
    const detail::GreenletState& greenlet = checked("get()");
    if (!greenlet.dead() && (!block || !join(timeout)))
        throw Timeout{0, timeout.value_or(Duration::zero())};
    if (greenlet.error != nullptr) std::rethrow_exception(greenlet.error);
    if (!greenlet.returned) throw Killed{greenlet.display_name() + " was killed"};
}

void AnyGreenlet::value_was_moved_out() {
    throw std::logic_error{"the greenlet's value was moved out by an earlier get()"};
}

void AnyGreenlet::kill_with(std::exception_ptr exception, bool block, Timespan timeout) const {
    if (exception == nullptr) throw std::invalid_argument{"kill(): the exception_ptr is null"};
    detail::GreenletState& greenlet = checked("kill()");
    const AnyGreenlet kept = *this;
    const bool itself = &greenlet == &HubAccess::current(*greenlet.hub);
    if (greenlet.dead()) return;
    greenlet.kill(std::move(exception));
    if (itself) {
        if (block) greenlet.throw_held_back();
        return;
    }
    if (block && !greenlet.is_main) join(timeout);
}

LinkId AnyGreenlet::rawlink(Link link) const {
    detail::GreenletState& greenlet = checked("rawlink()");
    const LinkId id = HubAccess::next_link(*greenlet.hub);
    add_link(greenlet, *new UserLink{greenlet, id, std::move(link)});
    return id;
}

LinkId AnyGreenlet::link(Link link) const {
    return rawlink([link = std::move(link)](const AnyGreenlet& ended) { spawn(link, ended); });
}
LinkId AnyGreenlet::link_value(Link link) const {
    return rawlink([link = std::move(link)](const AnyGreenlet& ended) {
        if (ended.successful()) spawn(link, ended);
    });
}
LinkId AnyGreenlet::link_exception(Link link) const {
    return rawlink([link = std::move(link)](const AnyGreenlet& ended) {
        if (!ended.successful()) spawn(link, ended);
    });
}

void AnyGreenlet::unlink(LinkId id) const {
    for (WaitNode* node = checked("unlink()").links.front(); node != nullptr; node = node->next()) {
        auto* user = dynamic_cast<UserLink*>(node);
        if (user == nullptr || user->id() != id) continue;
        delete user;
        return;
    }
}

std::size_t AnyGreenlet::link_count() const noexcept {
    return state_ != nullptr ? state_->links.size() : 0;
}

void AnyGreenlet::attach(WaitNode& node) const { add_link(checked("attach()"), node); }

WaitNode* AnyGreenlet::first_link() const noexcept {
    return state_ != nullptr ? state_->links.front() : nullptr;
}

Shield::Shield() noexcept { ++HubAccess::current(current_hub()).shields; }
Shield::~Shield() { --HubAccess::current(current_hub()).shields; }

}  // namespace grove
