// owned_listeners.h - the sockets that a master holds for its workers.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include <grove/core/address.h>
#include <grove/core/file_descriptor.h>
#include <grove/http/supervisor.h>

namespace grove::http {

/// One address and its sockets. Its unix socket's file goes with it, in the process that made it.
class OwnedListener {
public:
    /// @param inherited  sockets of others; one that has the address is duplicated instead of a bind
    /// @throws std::system_error that names the address
    OwnedListener(SupervisedListener what, std::size_t workers, int backlog,
                  const std::vector<int>& inherited = {});
    ~OwnedListener();
    OwnedListener(const OwnedListener&) = delete;
    OwnedListener& operator=(const OwnedListener&) = delete;

    [[nodiscard]] const SupervisedListener& what() const noexcept { return what_; }
    [[nodiscard]] const Address& bound() const noexcept { return bound_; }
    /// A queue of its own for each of so many workers. Never fewer than before: closing one would reset
    /// the clients that wait in it.
    void grow(std::size_t workers, int backlog);
    /// In a worker: keeps what is its to serve, and closes the others.
    /// @return descriptors, which the caller owns
    [[nodiscard]] std::vector<int> take_share(std::size_t index, std::size_t workers);
    /// The master accepts no part in it any more; the file stays until the object goes.
    void close_sockets() noexcept { sockets_.clear(); }

private:
    FileDescriptor open(const Address& address, int backlog, bool first);
    void set_options(int fd) const;
    [[nodiscard]] bool one_for_all() const noexcept;

    SupervisedListener what_;
    bool inherited_ = false;
    Address bound_;
    std::vector<FileDescriptor> sockets_;
    pid_t owner_ = -1;  // of the file
    ino_t inode_ = 0;
};

using OwnedListeners = std::vector<std::shared_ptr<OwnedListener>>;

/// The listeners of a generation; those that `before` has too keep their sockets.
/// @throws std::system_error  nothing has changed then
OwnedListeners open_listeners(const Generation& generation, const OwnedListeners& before,
                              const std::vector<int>& inherited = {});

/// The address that a descriptor listens on; "": it does not.
std::string listening_address(int fd);

}  // namespace grove::http
