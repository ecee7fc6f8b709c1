// running_exchange.h - the request that the running greenlet serves.
#pragma once

#include <cstdint>

namespace grove::http {

class Exchange;

/// The request that the running greenlet serves, of any server of this thread; nullptr: it serves none, or that is
/// over. Any thread, also one without a hub. It looks through all requests that run: not for the way of each.
[[nodiscard]] Exchange* running_exchange() noexcept;
/// The same of another greenlet of this thread.
[[nodiscard]] Exchange* exchange_served_by(std::uint64_t greenlet) noexcept;

/// Knows the requests of one server, and who serves them. While it lives, running_exchange() asks it, in the thread that
/// made it.
class ExchangeFinder {
public:
    ExchangeFinder(const ExchangeFinder&) = delete;
    ExchangeFinder& operator=(const ExchangeFinder&) = delete;

protected:
    ExchangeFinder() noexcept;
    virtual ~ExchangeFinder();

private:
    friend Exchange* exchange_served_by(std::uint64_t greenlet) noexcept;
    /// nullptr: it serves none of these.
    [[nodiscard]] virtual Exchange* exchange_of(std::uint64_t greenlet) const noexcept = 0;

    ExchangeFinder* next_;  // of this thread
};

}  // namespace grove::http
