// newcomers.h - clients from accept() on: counted, and greeted if a proxy speaks for them, before they are admitted.
#pragma once

#include <optional>

#include <grove/core/address.h>
#include <grove/core/detail/timer.h>
#include <grove/core/file_descriptor.h>
#include <grove/http/connection_limit.h>

#include "deadline_line.h"
#include "proxy_greeting.h"

namespace grove::http {

struct ServiceTerms;

class Newcomers {
public:
    /// All must outlive it.
    Newcomers(const ServiceTerms& terms, ConnectionLimit& limit, const ProxyGreeting::Parts& parts);
    Newcomers(const Newcomers&) = delete;
    Newcomers& operator=(const Newcomers&) = delete;

    /// With proxy_protocol it is greeted, else admitted, unless it is refused.
    void accept(FileDescriptor fd, const Address& peer);
    [[nodiscard]] bool full() const noexcept { return limit_.full(); }
    /// There is no descriptor for a newcomer. @return whether one was closed that could go
    bool give_one_up() noexcept;

    /// Those that are greeted.
    void drop_all() noexcept;

private:
    [[nodiscard]] bool may_enter(const FileDescriptor& fd, const Address& peer, bool as_proxy);

    const ServiceTerms& terms_;
    ConnectionLimit& limit_;
    const ProxyGreeting::Parts parts_;
    std::optional<Timer::Instant> told_of_files_;  // last, that there are none for newcomers
    DeadlineLine<ProxyGreeting> greetings_;
};

}  // namespace grove::http
