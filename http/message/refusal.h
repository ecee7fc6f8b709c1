// refusal.h - why a request is not served.
#pragma once

namespace grove::http {

/// The outcome of bytes that break the protocol or a limit, or none: a value, never an exception. Two registers hold
/// it: each request asks more than once.
struct Refusal {
    constexpr Refusal() noexcept = default;
    constexpr Refusal(int a_status, const char* a_why, int seconds = 0) noexcept
        : status{a_status}, retry_after{seconds}, why{a_why} {}

    /// The request is refused.
    [[nodiscard]] constexpr explicit operator bool() const noexcept { return status != 0; }

    int status = 0;        ///< Of the response, after which the connection closes; 0: none.
    int retry_after = 0;   ///< Seconds, for the client; 0: it is not told.
    const char* why = "";  ///< Static text for the error log: one line, nothing of the client's.
};

}  // namespace grove::http
