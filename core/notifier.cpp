#include <grove/core/detail/notifier.h>

#include <algorithm>
#include <string>
#include <utility>

#include <grove/core/detail/assert.h>
#include <grove/core/detail/waiter.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>

#include "block_here.h"
#include "hub_access.h"
#include "thread_check.h"

namespace grove {

/// Waits in the line; once told, in the ready list, so that order is kept.
class Notifier::Link final : public WaitNode, private detail::ReadyEntry {
public:
    Link(Notifier& owner, LinkId id, std::function<void()> function)
        : WaitNode{Kind::kLink},
          ReadyEntry{[](ReadyEntry& entry) { static_cast<Link&>(entry).call(); }},
          owner_{owner},
          id_{id},
          function_{std::move(function)} {}
    ~Link() override {
        if (ReadyEntry::queued()) HubAccess::withdraw(owner_.hub_, *this);
    }

    [[nodiscard]] LinkId id() const noexcept { return id_; }
    void notify() noexcept override { HubAccess::make_ready(owner_.hub_, *this); }

private:
    void call() noexcept {
        Hub& hub = owner_.hub_;
        const char* const subject = owner_.subject_;
        auto& links = owner_.links_;
        const auto place = std::find_if(links.begin(), links.end(),
                                        [this](const auto& link) { return link.get() == this; });
        const std::unique_ptr<Link> self = std::move(*place);  // the call may destroy the owner
        links.erase(place);
        try {
            function_();
        } catch (...) {
            hub.handle_error(std::string{"a link of "} + subject, std::current_exception());
        }
    }

    Notifier& owner_;
    LinkId id_;
    std::function<void()> function_;
};

Notifier::Notifier(const char* subject) : hub_{get_hub()}, subject_{subject} {}

Notifier::~Notifier() {
    links_.clear();
    GROVE_ASSERT(line_.empty(), "what greenlets wait for was destroyed under them");
}

void Notifier::check_thread(const char* call) const { grove::check_thread(hub_, call); }

void Notifier::tell() noexcept {
    if (line_.empty()) return;
    while (!line_.empty()) line_.notify_front();
    told_turn_ = hub_.last_turn();
}

bool Notifier::wait(Timespan timeout) {
    if (hub_.in_hub() && timeout && *timeout <= Duration::zero()) return false;
    return HubAccess::wait_in(line_, WaitNode::Kind::kLooker, subject_, timeout);
}

void Notifier::let_the_told_run() {
    if (!hub_.served(told_turn_) && !hub_.in_hub()) sleep();
}

LinkId Notifier::rawlink(std::function<void()> link, bool now) {
    const LinkId id = HubAccess::next_link(hub_);
    links_.push_back(std::make_unique<Link>(*this, id, std::move(link)));
    if (now) {
        links_.back()->notify();
    } else {
        line_.push_back(*links_.back());
    }
    return id;
}

void Notifier::unlink(LinkId id) noexcept {
    std::erase_if(links_, [id](const auto& link) { return link->id() == id; });
}

}  // namespace grove
