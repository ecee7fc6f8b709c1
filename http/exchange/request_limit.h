// request_limit.h - timeouts.request of one request, or its set_timeout(), until its answer is made.
//
// The time-out is thrown into the greenlet that serves. An application may swallow it and go on: a second later
// its client is reset, which is told, and from then on it is thrown anew every second.
#pragma once

#include <string>
#include <vector>

#include <grove/core/detail/timer.h>
#include <grove/core/duration.h>
#include <grove/core/greenlet.h>
#include <grove/core/timeout.h>

namespace grove::http {

class ClientSocket;
class RequestState;

/// Is asked, and told, of requests whose time has passed.
class LimitHook {
public:
    /// Where the greenlet stands. @throws std::exception
    virtual std::vector<std::string> stack_of(const AnyGreenlet& greenlet) = 0;
    /// It has swallowed the time-out and goes on. @param greenlet  that serves it
    virtual void report_unkillable(RequestState& request, const AnyGreenlet& greenlet) noexcept = 0;

protected:
    ~LimitHook() = default;
};

/// Must die in the greenlet that made it.
class RequestLimit final : private Timer {
public:
    /// What is thrown. No std::exception: an application's report of errors must not swallow it.
    struct Passed {};

    /// Of the request that the caller serves.
    /// @param deadline  when it is thrown
    /// @param hook  must outlive it
    RequestLimit(RequestState& request, Timer::Instant deadline, LimitHook& hook);
    ~RequestLimit() override;
    RequestLimit(const RequestLimit&) = delete;
    RequestLimit& operator=(const RequestLimit&) = delete;

    /// What is left to do takes its own time.
    void cancel() noexcept;

private:
    void expired() noexcept override;
    void insist() noexcept;

    RequestState& request_;
    ClientSocket& client_;
    LimitHook& hook_;
    const AnyGreenlet greenlet_;
    TimeoutGuard guard_;
    bool passed_ = false;
};

}  // namespace grove::http
