#include "owned_listeners.h"

#include <algorithm>
#include <utility>

#include <grove/http/bind_address.h>

#include "open_each.h"

namespace grove::http {

OwnedListener::OwnedListener(SupervisedListener what, const std::vector<Address>& addresses,
                             std::size_t workers, int backlog, const std::vector<int>& inherited)
    : what_{std::move(what)} {
    const auto open = [&](const Address& address) {
        return BoundAddress::open_first(address, what_, backlog, inherited);
    };
    for (FileDescriptor& first : open_each(addresses, open))
        bound_.push_back(std::make_unique<BoundAddress>(std::move(first), what_, inherited));
    grow(workers);
}

std::vector<Address> OwnedListener::bound() const {
    std::vector<Address> all;
    for (const auto& one : bound_) all.push_back(one->address());
    return all;
}

void OwnedListener::grow(std::size_t workers) {
    for (const auto& one : bound_) one->grow(workers);
}

void OwnedListener::listen(int backlog) {
    for (const auto& one : bound_) one->listen(backlog);
}

void OwnedListener::drop_silent() noexcept {
    for (const auto& one : bound_) one->drop_silent();
}

std::vector<int> OwnedListener::take_share(std::size_t index, std::size_t workers) {
    std::vector<int> share;
    for (const auto& one : bound_) one->take_share(index, workers, share);
    return share;
}

void OwnedListener::close_sockets() noexcept {
    for (const auto& one : bound_) one->close_sockets();
}

OwnedListeners find_listeners(const std::vector<SupervisedListener>& wanted,
                              const OwnedListeners& before) {
    OwnedListeners found;
    for (const SupervisedListener& what : wanted) {
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
        const SupervisedListener& what = generation.listeners[place];
        if (all[place] != nullptr) {
            all[place]->grow(generation.workers);
        } else {
            all[place] =
                std::make_shared<OwnedListener>(what, bind_addresses(what.address, sources),
                                                generation.workers, generation.backlog, inherited);
        }
    }
    return all;
}

}  // namespace grove::http
