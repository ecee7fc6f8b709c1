// in_flight.h - how many requests are between the complete head and the end of their answer, and who waits for their
// end.
#pragma once

#include <cstddef>

#include <grove/core/duration.h>
#include <grove/core/event.h>
#include <grove/http/metrics.h>

namespace grove::http {

/// Those that wait for their body or a slot, run, or have the hub send the rest of their answer. Each enters once, and
/// leaves once.
class InFlight {
public:
    /// @param metrics  must outlive it
    explicit InFlight(ServerMetrics& metrics) noexcept : metrics_{metrics} {}

    void enter() noexcept {
        ++requests_;
        metrics_.in_flight.add();
    }
    void leave() noexcept {
        --requests_;
        metrics_.in_flight.subtract();
        fewer_.set();
    }
    /// For what is no request, and is waited for as if it were one.
    void hold() noexcept { ++requests_; }
    void release() noexcept {
        --requests_;
        fewer_.set();
    }
    [[nodiscard]] std::size_t count() const noexcept { return requests_; }

    /// Waits until there is none, but those whose handlers wait in here, too. @param of_request  the caller is one
    /// @return false: `timeout` passed first
    bool join(Timespan timeout, bool of_request);

private:
    ServerMetrics& metrics_;
    std::size_t requests_ = 0;
    std::size_t joining_ = 0;  // those of them whose handlers are in join()
    Event fewer_;
};

}  // namespace grove::http
