#include <grove/core/resolver.h>

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include <netdb.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <grove/core/connect.h>
#include <grove/core/errors.h>
#include <grove/core/fd_wait.h>
#include <grove/core/file_descriptor.h>

namespace grove {
namespace {

// gai_strerror's numbers.
class ResolverCategory final : public std::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "resolver"; }
    [[nodiscard]] std::string message(int code) const override { return ::gai_strerror(code); }
};

const ResolverCategory& resolver_category() noexcept {
    static const ResolverCategory instance;
    return instance;
}

// Shared by the greenlet and the thread, either of which may go first: a lookup cannot be broken
// off.
struct Lookup {
    std::string host;
    std::string port;
    FileDescriptor done{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    int error = 0;
    std::vector<Address> addresses{};

    void run(int flags) {
        addrinfo hints{};
        hints.ai_socktype = SOCK_STREAM;
        hints.ai_flags = flags;
        addrinfo* found = nullptr;
        error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
        for (const addrinfo* one = found; one != nullptr; one = one->ai_next)
            addresses.emplace_back(one->ai_addr, one->ai_addrlen);
        if (found != nullptr) ::freeaddrinfo(found);
    }
};

void start_thread(const std::shared_ptr<Lookup>& lookup) {
    std::thread{[lookup] {
        lookup->run(AI_ADDRCONFIG);
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(lookup->done.get(), &one, sizeof one);
    }}.detach();
}

}  // namespace

std::vector<Address> resolve(const std::string& host, std::uint16_t port, Timespan timeout) {
    auto lookup = std::make_shared<Lookup>(Lookup{host, std::to_string(port)});
    lookup->run(AI_NUMERICHOST);
    if (lookup->error == EAI_NONAME) {
        if (!lookup->done) throw std::system_error{errno, std::generic_category(), "eventfd"};
        start_thread(lookup);
        if (!wait_readable(lookup->done.get(), timeout)) throw SocketTimeout{"resolve"};
        std::uint64_t count = 0;  // after this read the thread's words are ours
        [[maybe_unused]] const auto got = ::read(lookup->done.get(), &count, sizeof count);
        lookup->done.reset();  // the thread may still be about to go
    }
    if (lookup->error != 0) {
        throw std::system_error{lookup->error, resolver_category(),
                                "cannot resolve \"" + host + "\""};
    }
    return std::move(lookup->addresses);
}

Stream connect(const std::string& host, std::uint16_t port, Timespan timeout) {
    const Deadline deadline{timeout};
    const std::vector<Address> addresses = resolve(host, port, deadline.left());
    std::exception_ptr last;
    for (const Address& address : addresses) {
        try {
            return connect(address, deadline.left());
        } catch (const SocketTimeout&) {
            throw;  // nothing is left for the others
        } catch (const std::system_error&) {
            last = std::current_exception();
        }
    }
    if (last == nullptr)
        throw std::system_error{EAI_NODATA, resolver_category(), "no address of " + host};
    std::rethrow_exception(last);
}

}  // namespace grove
