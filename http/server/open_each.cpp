#include "open_each.h"

#include <cstdint>
#include <exception>
#include <system_error>

#include <grove/core/detail/listening_socket.h>

namespace grove::http {
namespace {

constexpr int kMostAttempts = 20;

using Open = std::function<FileDescriptor(const Address&)>;

std::vector<FileDescriptor> open_at_one_port(const std::vector<Address>& addresses,
                                             const Open& open) {
    std::vector<FileDescriptor> sockets;
    std::uint16_t port = 0;  // that the kernel has given to the first
    std::exception_ptr missing;
    for (const Address& address : addresses) {
        try {
            sockets.push_back(
                open(address.port() == 0 && port != 0 ? address.with_port(port) : address));
        } catch (const std::system_error&) {
            if (has_family(address.family())) throw;
            missing = std::current_exception();
            continue;
        }
        port = Address::local_of(sockets.back().get()).port();
    }
    if (sockets.empty()) std::rethrow_exception(missing);
    return sockets;
}

}  // namespace

std::vector<FileDescriptor> open_each(const std::vector<Address>& addresses, const Open& open) {
    const bool any_port = addresses.size() > 1 && addresses.front().port() == 0;
    for (int attempt = 1;; ++attempt) {
        try {
            return open_at_one_port(addresses, open);
        } catch (const std::system_error& error) {
            // The port that was free on the first need not be so on the others.
            const bool taken = error.code() == std::errc::address_in_use;
            if (!any_port || !taken || attempt == kMostAttempts) throw;
        }
    }
}

}  // namespace grove::http
