// owned_listeners.h - the sockets that a master holds for its workers.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <grove/core/address.h>
#include <grove/http/sources.h>

#include "bound_address.h"
#include "generation.h"
#include "master_listener.h"

namespace grove::http {

/// One listener of the configuration, and all addresses that it means.
class OwnedListener {
public:
    /// @param addresses  of bind_addresses(what.address)
    /// @param inherited  sockets of others; one that has an address is duplicated instead of a bind
    /// @param before  of others, who keep them if this one is not to be: one that has an address is taken instead
    /// @throws std::system_error that names the address
    OwnedListener(MasterListener what, const std::vector<Address>& addresses, std::size_t workers,
                  int backlog, const std::vector<int>& inherited = {},
                  std::vector<std::shared_ptr<BoundAddress>> before = {});
    OwnedListener(const OwnedListener&) = delete;
    OwnedListener& operator=(const OwnedListener&) = delete;

    [[nodiscard]] const MasterListener& what() const noexcept { return what_; }
    [[nodiscard]] const std::vector<std::shared_ptr<BoundAddress>>& addresses() const noexcept {
        return bound_;
    }
    /// With their real port, which is the same in all.
    [[nodiscard]] std::vector<Address> bound() const;
    /// A socket of its own for each of so many workers, new ones not listening yet: the kernel would queue clients
    /// there. Never fewer than listen: closing one would reset the clients that wait in it.
    void grow(std::size_t workers);
    /// All do from now on, also where workers have them already, with the options of what().
    /// @throws std::system_error that names the address
    void listen(int backlog);
    /// Those that have never listened are not to be.
    void drop_silent() noexcept;
    /// In a worker: keeps what is its to serve, and closes the others.
    /// @return descriptors, which the caller owns
    [[nodiscard]] std::vector<int> take_share(std::size_t index, std::size_t workers);
    /// The master accepts no part in it any more; the file stays until the object goes.
    void close_sockets() noexcept;

private:
    MasterListener what_;
    std::vector<std::shared_ptr<BoundAddress>> bound_;
};

using OwnedListeners = std::vector<std::shared_ptr<OwnedListener>>;

/// For each that is wanted the one of `before` that is the same, or null.
OwnedListeners find_listeners(const std::vector<MasterListener>& wanted,
                              const OwnedListeners& before);

/// The listeners of a generation; those that `before` has too keep their sockets.
/// @param sources  that have the addresses of the others
/// @throws std::system_error  nothing has changed then
OwnedListeners open_listeners(const Generation& generation, const OwnedListeners& before,
                              const std::vector<int>& inherited, Sources& sources);

}  // namespace grove::http
