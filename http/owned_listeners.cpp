#include "owned_listeners.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <grove/core/listening_socket.h>

#include <grove/http/bind_address.h>

namespace grove::http {
namespace {

constexpr int kDeferSeconds = 5;

// For the file of a unix socket that is made meanwhile: from its first moment on.
class SocketFileMode {
public:
    explicit SocketFileMode(const std::string& octal) {
        if (!octal.empty())
            before_ = ::umask(static_cast<mode_t>(0777U & ~std::stoul(octal, nullptr, 8)));
    }
    ~SocketFileMode() {
        if (before_) ::umask(*before_);
    }
    SocketFileMode(const SocketFileMode&) = delete;
    SocketFileMode& operator=(const SocketFileMode&) = delete;

private:
    std::optional<mode_t> before_;
};

}  // namespace

OwnedListener::OwnedListener(SupervisedListener what, std::size_t workers, int backlog,
                             const std::vector<int>& inherited)
    : what_{std::move(what)} {
    const Address address = bind_address(what_.address);
    const auto same = std::find_if(inherited.begin(), inherited.end(),
                                   [&](int fd) { return listening_address(fd) == address.text(); });
    inherited_ = same != inherited.end();
    if (inherited_) {
        sockets_.emplace_back(::fcntl(*same, F_DUPFD_CLOEXEC, 0));
        if (!sockets_.front())
            throw std::system_error{errno, std::generic_category(), "dup " + what_.address};
        set_options(sockets_.front().get());
    } else {
        const SocketFileMode mode{what_.mode};
        sockets_.push_back(open(address, backlog, true));
    }
    bound_ = Address::local_of(sockets_.front().get());
    if (bound_.is_unix() && !inherited_) {
        struct stat file {};
        if (::stat(bound_.path().c_str(), &file) == 0) inode_ = file.st_ino;
        owner_ = ::getpid();
    }
    grow(workers, backlog);
}

OwnedListener::~OwnedListener() {
    if (owner_ != ::getpid()) return;
    struct stat file {};
    const std::string path = bound_.path();
    const bool still_ours =
        ::lstat(path.c_str(), &file) == 0 && S_ISSOCK(file.st_mode) && file.st_ino == inode_;
    if (still_ours) ::unlink(path.c_str());
}

// The first one finds out whether somebody else holds the address, the others join it.
FileDescriptor OwnedListener::open(const Address& address, int backlog, bool first) {
    FileDescriptor fd = listen_on(
        address,
        {.backlog = backlog, .reuse_port = !first, .others_may_join = first && !what_.shared});
    set_options(fd.get());
    return fd;
}

void OwnedListener::set_options(int fd) const {
    const int on = 1;  // on a unix socket neither is of any effect
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (what_.defer_accept)
        ::setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &kDeferSeconds, sizeof kDeferSeconds);
}

bool OwnedListener::one_for_all() const noexcept {
    return what_.shared || inherited_ || bound_.is_unix();
}

void OwnedListener::grow(std::size_t workers, int backlog) {
    if (one_for_all()) return;
    while (sockets_.size() < workers) sockets_.push_back(open(bound_, backlog, false));
}

std::vector<int> OwnedListener::take_share(std::size_t index, std::size_t workers) {
    std::vector<int> share;
    for (std::size_t i = 0; i < sockets_.size(); ++i) {
        if (one_for_all() || i % workers == index) share.push_back(sockets_[i].release());
    }
    sockets_.clear();
    return share;
}

OwnedListeners open_listeners(const Generation& generation, const OwnedListeners& before,
                              const std::vector<int>& inherited) {
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
            all.push_back(std::make_shared<OwnedListener>(what, generation.workers,
                                                          generation.backlog, inherited));
        }
    }
    return all;
}

std::string listening_address(int fd) {
    int listens = 0;
    socklen_t size = sizeof listens;
    const bool known = ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0;
    return known && listens != 0 ? Address::local_of(fd).text() : "";
}

}  // namespace grove::http
