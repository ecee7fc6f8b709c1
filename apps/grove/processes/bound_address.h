// bound_address.h - one address that a master has bound for its workers.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <sys/types.h>

#include <grove/core/address.h>
#include <grove/core/file_descriptor.h>

#include "master_listener.h"

namespace grove::http {

/// The sockets of an address. Its unix socket's file goes with it, in the process that made it.
class BoundAddress {
public:
    /// @param inherited  sockets of others; one that listens there is duplicated instead of a bind
    /// @throws std::system_error that names the address
    static FileDescriptor open_first(const Address& address, const MasterListener& what,
                                     int backlog, const std::vector<int>& inherited);
    /// @param first  of open_first()
    BoundAddress(FileDescriptor first, const MasterListener& what,
                 const std::vector<int>& inherited);
    ~BoundAddress();
    BoundAddress(const BoundAddress&) = delete;
    BoundAddress& operator=(const BoundAddress&) = delete;

    [[nodiscard]] const Address& address() const noexcept { return address_; }
    /// As OwnedListener has them, of which one after another may have it.
    void grow(std::size_t workers, const MasterListener& what);
    void listen(int backlog, const MasterListener& what);
    void drop_silent() noexcept;
    void take_share(std::size_t index, std::size_t workers, const MasterListener& what,
                    std::vector<int>& share);
    void close_sockets() noexcept { sockets_.clear(); }

private:
    [[nodiscard]] bool one_for_all(const MasterListener& what) const noexcept;
    void take_options(const MasterListener& what);

    Address address_;
    std::string mode_;
    bool defer_accept_;
    bool inherited_;
    std::vector<FileDescriptor> sockets_;
    std::size_t listening_ = 1;  // of them; the rest is bound
    pid_t owner_ = -1;           // of the file
    ino_t inode_ = 0;
};

/// The address that a descriptor listens on; "": it does not.
std::string listening_address(int fd);

}  // namespace grove::http
