#include "owned_listeners.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include <grove/core/detail/listening_socket.h>
#include <grove/http/bind_address.h>

#include "open_each.h"

namespace grove::http {

namespace {

using BoundAddresses = std::vector<std::shared_ptr<BoundAddress>>;

/// Takes it out. @return null: there is none
std::shared_ptr<BoundAddress> take_bound(BoundAddresses& before, const Address& address) {
    const auto found = std::find_if(before.begin(), before.end(), [&](const auto& one) {
        return one->address().text() == address.text();
    });
    if (found == before.end()) return nullptr;
    std::shared_ptr<BoundAddress> taken = std::move(*found);
    before.erase(found);
    return taken;
}

/// What is bound, and no part of these.
BoundAddresses left_over(const OwnedListeners& before, const OwnedListeners& taken) {
    BoundAddresses left;
    for (const auto& listener : before) {
        for (const auto& one : listener->addresses()) {
            const bool is_taken = std::any_of(taken.begin(), taken.end(), [&](const auto& by) {
                return by != nullptr && std::find(by->addresses().begin(), by->addresses().end(),
                                                  one) != by->addresses().end();
            });
            if (!is_taken) left.push_back(one);
        }
    }
    return left;
}

bool has_port(const OwnedListeners& listeners, const std::vector<Address>& addresses) {
    return std::any_of(listeners.begin(), listeners.end(), [&](const auto& listener) {
        return listener->bound().front().port() == addresses.front().port();
    });
}

}  // namespace

OwnedListener::OwnedListener(MasterListener what, const std::vector<Address>& addresses,
                             std::size_t workers, int backlog, const std::vector<int>& inherited,
                             BoundAddresses before)
    : what_{std::move(what)} {
    std::vector<Address> others;
    for (const Address& address : addresses) {
        if (auto bound = take_bound(before, address)) {
            bound_.push_back(std::move(bound));
        } else {
            others.push_back(address);
        }
    }
    if (!bound_.empty())
        std::erase_if(others, [](const Address& one) { return !has_family(one.family()); });
    const auto open = [&](const Address& address) {
        return BoundAddress::open_first(address, what_, backlog, inherited);
    };
    if (!others.empty()) {
        for (FileDescriptor& first : open_each(others, open))
            bound_.push_back(std::make_shared<BoundAddress>(std::move(first), what_, inherited));
    }
    grow(workers);
}

std::vector<Address> OwnedListener::bound() const {
    std::vector<Address> all;
    for (const auto& one : bound_) all.push_back(one->address());
    return all;
}

void OwnedListener::grow(std::size_t workers) {
    for (const auto& one : bound_) one->grow(workers, what_);
}

void OwnedListener::listen(int backlog) {
    for (const auto& one : bound_) one->listen(backlog, what_);
}

void OwnedListener::drop_silent() noexcept {
    for (const auto& one : bound_) one->drop_silent();
}

std::vector<int> OwnedListener::take_share(std::size_t index, std::size_t workers) {
    std::vector<int> share;
    for (const auto& one : bound_) one->take_share(index, workers, what_, share);
    return share;
}

void OwnedListener::close_sockets() noexcept {
    for (const auto& one : bound_) one->close_sockets();
}

OwnedListeners find_listeners(const std::vector<MasterListener>& wanted,
                              const OwnedListeners& before) {
    OwnedListeners found;
    for (const MasterListener& what : wanted) {
        // An address may stand twice only if it asks for any port.
        const auto same = std::find_if(before.begin(), before.end(), [&](const auto& listener) {
            return listener->what() == what &&
                   std::find(found.begin(), found.end(), listener) == found.end();
        });
        found.push_back(same != before.end() ? *same : nullptr);
    }
    return found;
}

OwnedListeners open_listeners(const Generation& generation, const OwnedListeners& before,
                              const std::vector<int>& inherited, Sources& sources) {
    OwnedListeners all = find_listeners(generation.listeners, before);
    for (std::size_t place = 0; place < all.size(); ++place) {
        const MasterListener& what = generation.listeners[place];
        if (all[place] != nullptr) {
            all[place]->grow(generation.workers);
        } else {
            const std::vector<Address> addresses = bind_addresses(what.address, sources);
            try {
                all[place] = std::make_shared<OwnedListener>(what, addresses, generation.workers,
                                                             generation.backlog, inherited,
                                                             left_over(before, all));
            } catch (const std::system_error& error) {
                if (error.code() != std::errc::address_in_use || !has_port(before, addresses))
                    throw;
                throw std::runtime_error{
                    std::string{error.what()} +
                    "; this server already listens on that port: only a restart can change its "
                    "address"};
            }
        }
    }
    return all;
}

}  // namespace grove::http
