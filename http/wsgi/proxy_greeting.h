// proxy_greeting.h - a connection of a trusted proxy that has not said whose it is yet (PROXY protocol).
//
// It has no greenlet: the hub reads its header and nothing after it, then it becomes a TlsHandshake or a Connection.
#pragma once

#include <string>
#include <string_view>

#include <grove/core/address.h>
#include <grove/core/detail/socket.h>
#include <grove/core/detail/timer.h>
#include <grove/core/file_descriptor.h>
#include <grove/http/proxies.h>

#include "deadline_line.h"

namespace grove::http {

class Admission;
class OpenConnections;
class PeerRules;
class ServiceLog;
struct ProxyHeader;

/// Made by new when its peer is counted, and ends itself: when the header is read, refused, or dropped.
class ProxyGreeting final : private SocketHook, public LineHook {
public:
    /// What the greetings of a server share: what its proxies speak, and who has its clients afterwards.
    struct Parts {
        ProxyProtocol protocol;
        PeerRules& peers;
        OpenConnections& open;
        ServiceLog& log;
        Admission& admission;
    };

    /// @param parts  must outlive it, as all that it names
    ProxyGreeting(const Parts& parts, FileDescriptor fd, const Address& peer);
    ~ProxyGreeting();
    ProxyGreeting(const ProxyGreeting&) = delete;
    ProxyGreeting& operator=(const ProxyGreeting&) = delete;

    /// Reads what is there. It may have ended afterwards.
    void look() noexcept;
    /// Closes, and ends. `why` goes to the log, unless empty.
    void drop(std::string_view why = {}) noexcept;

    Timer::Instant since{};  // when it began

private:
    void on_readable() noexcept override { look(); }
    void on_writable() noexcept override {}
    void read();
    void admit(ProxyHeader header) noexcept;

    const Parts& parts_;
    Address peer_;
    Socket socket_;
    std::string begun_;  // what was received of the header
};

}  // namespace grove::http
