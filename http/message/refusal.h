// refusal.h - why a request is not served.
#pragma once

#include <string_view>

namespace grove::http {

/// The outcome of bytes that break the protocol or a limit: a value, never an exception.
struct Refusal {
    int status = 0;  ///< Of the response; the connection is closed after it.
    std::string_view why =
        {};               ///< Static text for the error log: one line, nothing of the client's.
    int retry_after = 0;  ///< Seconds, for the client; 0: it is not told.
};

}  // namespace grove::http
