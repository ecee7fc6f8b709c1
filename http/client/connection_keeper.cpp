#include "connection_keeper.h"

#include <limits>
#include <utility>

#include <grove/core/hub.h>

namespace grove::http {

/// While somebody waits for a place, has one, or a connection is unused.
struct ConnectionKeeper::Host {
    Host(int places, Hosts::iterator own) : free{places}, place{own} {}

    Semaphore free;
    std::size_t users = 0;                          // in the line, or with a place
    std::vector<std::list<Idle>::iterator> idle{};  // those given back last at the end
    Hosts::iterator place;
};

ConnectionKeeper::ConnectionKeeper(std::size_t per_host, std::size_t idle_total, Duration idle)
    : hub_{get_hub()}, per_host_{per_host}, idle_total_{idle_total}, idle_time_{idle} {}

ConnectionKeeper::~ConnectionKeeper() { hub_.cancel(*this); }

ConnectionKeeper::Host& ConnectionKeeper::host_of(const std::string& origin) {
    constexpr std::size_t kMost = std::numeric_limits<int>::max();
    const auto [found, added] = hosts_.try_emplace(origin);
    if (added)
        found->second = std::make_unique<Host>(static_cast<int>(std::min(per_host_, kMost)), found);
    return *found->second;
}

ConnectionKeeper::Lease ConnectionKeeper::lease(const std::string& origin, Timespan timeout) {
    struct Use {
        ConnectionKeeper& keeper;
        Host& host;
        ~Use() { keeper.leave(host); }
    };
    Host& host = host_of(origin);
    ++host.users;
    const Use use{*this, host};
    if (!host.free.acquire(true, timeout)) return {};
    Lease lease{shared_from_this(), host};
    lease.set(take(host));
    return lease;
}

void ConnectionKeeper::leave(Host& host) noexcept {
    if (--host.users == 0 && host.idle.empty()) hosts_.erase(host.place);
}

std::unique_ptr<OutgoingConnection> ConnectionKeeper::take(Host& host) {
    while (!host.idle.empty()) {
        const auto last = host.idle.back();
        host.idle.pop_back();
        std::unique_ptr<OutgoingConnection> connection = std::move(last->connection);
        idle_.erase(last);
        if (connection->is_quiet()) return connection;
    }
    return nullptr;
}

void ConnectionKeeper::keep(Host& host, std::unique_ptr<OutgoingConnection> connection) {
    if (closed_ || idle_total_ == 0) return;
    if (idle_.size() >= idle_total_) drop_oldest();
    host.idle.reserve(host.idle.size() + 1);
    idle_.push_back({&host, std::move(connection), hub_.instant_after(idle_time_)});
    host.idle.push_back(std::prev(idle_.end()));
    arm();
}

void ConnectionKeeper::drop_oldest() noexcept {
    Host& host = *idle_.front().host;
    host.idle.erase(host.idle.begin());
    idle_.pop_front();
    if (host.users == 0 && host.idle.empty()) hosts_.erase(host.place);
}

void ConnectionKeeper::arm() noexcept {
    if (!armed() && !idle_.empty()) hub_.arm(*this, idle_.front().until);
}

// Armed for one that may have been used again since: then it looks again when the oldest is due.
void ConnectionKeeper::expired() noexcept {
    const Timer::Instant now = hub_.now();
    while (!idle_.empty() && idle_.front().until <= now) drop_oldest();
    arm();
}

void ConnectionKeeper::close() noexcept {
    closed_ = true;
    while (!idle_.empty()) drop_oldest();
    hub_.cancel(*this);
}

ConnectionKeeper::Lease::Lease(std::shared_ptr<ConnectionKeeper> keeper, Host& host) noexcept
    : keeper_{std::move(keeper)}, host_{&host} {
    ++host.users;
}

ConnectionKeeper::Lease::Lease(Lease&& other) noexcept
    : keeper_{std::move(other.keeper_)},
      host_{std::exchange(other.host_, nullptr)},
      connection_{std::move(other.connection_)} {}

ConnectionKeeper::Lease& ConnectionKeeper::Lease::operator=(Lease&& other) noexcept {
    if (this == &other) return *this;
    end();
    keeper_ = std::move(other.keeper_);
    host_ = std::exchange(other.host_, nullptr);
    connection_ = std::move(other.connection_);
    return *this;
}

void ConnectionKeeper::Lease::set(std::unique_ptr<OutgoingConnection> connection) noexcept {
    if (connection_ != nullptr) --keeper_->lent_;
    connection_ = std::move(connection);
    if (connection_ != nullptr) ++keeper_->lent_;
}

void ConnectionKeeper::Lease::give_back() {
    if (connection_ != nullptr) {
        --keeper_->lent_;
        keeper_->keep(*host_, std::move(connection_));
    }
    end();
}

void ConnectionKeeper::Lease::end() noexcept {
    if (keeper_ == nullptr) return;
    drop();
    const std::shared_ptr<ConnectionKeeper> keeper = std::move(keeper_);
    host_->free.release();
    keeper->leave(*std::exchange(host_, nullptr));
}

}  // namespace grove::http
