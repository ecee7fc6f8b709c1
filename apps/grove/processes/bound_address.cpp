#include "bound_address.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <grove/core/detail/listening_socket.h>

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

void defer_accept(int fd, bool wanted) {
    const int seconds = wanted ? kDeferSeconds : 0;
    ::setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof seconds);
}

void set_options(int fd, bool defers_accept) {
    const int on = 1;  // on a unix socket neither is of any effect
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (defers_accept) defer_accept(fd, true);
}

mode_t mode_of(const std::string& octal) {
    if (!octal.empty()) return static_cast<mode_t>(std::stoul(octal, nullptr, 8));
    const mode_t masked = ::umask(0);
    ::umask(masked);
    return 0777U & ~masked;
}

// -1: none listens there
int inherited_socket(const Address& address, const std::vector<int>& inherited) {
    const auto that_listens_on = [&](const std::string& text) {
        const auto found = std::find_if(inherited.begin(), inherited.end(),
                                        [&](int fd) { return listening_address(fd) == text; });
        return found != inherited.end() ? *found : -1;
    };
    const int same = that_listens_on(address.text());
    if (same >= 0 || address.host() != "::") return same;
    // Whoever opened one for all interfaces did it without IPv6.
    return that_listens_on(Address::ip("0.0.0.0", address.port()).text());
}

}  // namespace

// The first one finds out whether somebody else holds the address, the others join it.
FileDescriptor BoundAddress::open_first(const Address& address, const MasterListener& what,
                                        int backlog, const std::vector<int>& inherited) {
    const int there = inherited_socket(address, inherited);
    FileDescriptor fd;
    if (there >= 0) {
        fd.reset(::fcntl(there, F_DUPFD_CLOEXEC, 0));
        if (!fd) throw std::system_error{errno, std::generic_category(), "dup " + address.text()};
    } else {
        const SocketFileMode mode{what.mode};
        fd = listen_on(address, {.backlog = backlog, .others_may_join = !what.shared});
    }
    set_options(fd.get(), what.defer_accept);
    return fd;
}

BoundAddress::BoundAddress(FileDescriptor first, const MasterListener& what,
                           const std::vector<int>& inherited)
    : address_{Address::local_of(first.get())},
      mode_{what.mode},
      defer_accept_{what.defer_accept},
      inherited_{inherited_socket(address_, inherited) >= 0} {
    sockets_.push_back(std::move(first));
    if (!address_.is_unix() || inherited_) return;
    struct stat file {};
    if (::stat(address_.path().c_str(), &file) == 0) inode_ = file.st_ino;
    owner_ = ::getpid();
}

BoundAddress::~BoundAddress() {
    if (owner_ != ::getpid()) return;
    struct stat file {};
    const std::string path = address_.path();
    const bool still_ours =
        ::lstat(path.c_str(), &file) == 0 && S_ISSOCK(file.st_mode) && file.st_ino == inode_;
    if (still_ours) ::unlink(path.c_str());
}

bool BoundAddress::one_for_all(const MasterListener& what) const noexcept {
    return what.shared || inherited_ || address_.is_unix();
}

void BoundAddress::grow(std::size_t workers, const MasterListener& what) {
    if (one_for_all(what)) return;
    const int on = 1;  // it may have been shared until now
    ::setsockopt(sockets_.front().get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    while (sockets_.size() < workers) {
        sockets_.push_back(listen_on(address_, {.reuse_port = true, .bind_only = true}));
        set_options(sockets_.back().get(), defer_accept_);
    }
}

void BoundAddress::take_options(const MasterListener& what) {
    if (what.defer_accept != defer_accept_) {
        for (const FileDescriptor& fd : sockets_) defer_accept(fd.get(), what.defer_accept);
    }
    if (what.mode != mode_ && owner_ == ::getpid() &&
        ::chmod(address_.path().c_str(), mode_of(what.mode)) != 0)
        throw std::system_error{errno, std::generic_category(), "chmod " + address_.path()};
    defer_accept_ = what.defer_accept;
    mode_ = what.mode;
}

void BoundAddress::listen(int backlog, const MasterListener& what) {
    take_options(what);
    for (; listening_ < sockets_.size(); ++listening_) {
        if (::listen(sockets_[listening_].get(), backlog) == 0) continue;
        throw std::system_error{errno, std::generic_category(),
                                "cannot listen on " + address_.text()};
    }
}

void BoundAddress::drop_silent() noexcept {
    if (listening_ < sockets_.size()) sockets_.resize(listening_);
}

void BoundAddress::take_share(std::size_t index, std::size_t workers, const MasterListener& what,
                              std::vector<int>& share) {
    for (std::size_t i = 0; i < sockets_.size(); ++i) {
        if (one_for_all(what) || i % workers == index) share.push_back(sockets_[i].release());
    }
    sockets_.clear();
}

std::string listening_address(int fd) {
    int listens = 0;
    socklen_t size = sizeof listens;
    const bool known = ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0;
    return known && listens != 0 ? Address::local_of(fd).text() : "";
}

}  // namespace grove::http
