#include "owned_listeners.h"

#include <algorithm>
#include <utility>

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
    grow(workers, backlog);
}

std::vector<Address> OwnedListener::bound() const {
    std::vector<Address> all;
    for (const auto& one : bound_) all.push_back(one->address());
    return all;
}

void OwnedListener::grow(std::size_t workers, int backlog) {
    for (const auto& one : bound_) one->grow(workers, backlog);
}

std::vector<int> OwnedListener::take_share(std::size_t index, std::size_t workers) {
    std::vector<int> share;
    for (const auto& one : bound_) one->take_share(index, workers, share);
    return share;
}

void OwnedListener::close_sockets() noexcept {
    for (const auto& one : bound_) one->close_sockets();
}

OwnedListeners open_listeners(const Generation& generation, const OwnedListeners& before,
                              const std::vector<int>& inherited, const BindAddresses& addresses) {
    OwnedListeners all;
    for (const SupervisedListener& what : generation.listeners) {
        // An address may stand twice only if it asks for any port.
        const auto same = std::find_if(before.begin(), before.end(), [&](const auto& listener) {
            return listener->what() == what &&
                   std::find(all.begin(), all.end(), listener) == all.end();
        });
        if (same != before.end()) {
            (*same)->grow(generation.workers, generation.backlog);
            all.push_back(*same);
        } else {
            all.push_back(std::make_shared<OwnedListener>(
                what, addresses(what.address), generation.workers, generation.backlog, inherited));
        }
    }
    return all;
}

}  // namespace grove::http
