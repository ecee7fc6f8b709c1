// proxy_greeting.h - a connection of a trusted proxy that has not said whose it is yet (PROXY protocol).
//
// It has no greenlet: the hub reads its header and nothing after it, then it becomes a TlsHandshake or a Connection.
#pragma once

#include <string>
#include <string_view>

#include <grove/core/address.h>
#include <grove/core/detail/socket.h>
#include <grove/core/detail/timer.h>

#include "deadline_line.h"

namespace grove::http {

class Newcomers;

/// Made by new, and ends itself: when the header is read, refused, or dropped.
class ProxyGreeting final : private SocketHook, public LineHook {
public:
    ProxyGreeting(Newcomers& newcomers, FileDescriptor fd, const Address& peer);
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

    Newcomers& newcomers_;
    Address peer_;
    Socket socket_;
    std::string begun_;  // what was received of the header
};

}  // namespace grove::http
