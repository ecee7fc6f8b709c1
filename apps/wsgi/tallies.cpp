#include "tallies.h"

#include <string>

namespace grove::wsgi {
namespace {

constexpr const char* kRequests = "wsgi_requests_total";
constexpr const char* kRequestsHelp =
    "Requests that Python threads have run, by the application's status.";

}  // namespace

Tallies::Tallies()
    : busy_{http::gauge("wsgi_threads_busy", "Python threads that run a request.")},
      abandoned_{http::gauge("wsgi_threads_abandoned",
                             "Python threads that run a request for which nobody waits any more.")},
      waiting_{http::gauge("wsgi_requests_waiting", "Requests that wait for a Python thread.")},
      waited_{http::counter("wsgi_wait_seconds_total",
                            "Time that requests have waited for a Python thread.")},
      refused_{
          http::counter("wsgi_requests_refused_total",
                        "Requests answered with 503, as too many waited for a Python thread.")},
      none_{http::counter(kRequests, kRequestsHelp, {{"status", "none"}})} {
    for (int digit = 1; digit <= 5; ++digit) {
        by_class_[digit - 1] =
            http::counter(kRequests, kRequestsHelp, {{"status", std::to_string(digit) + "xx"}});
    }
}

void Tallies::answered(int status) noexcept {
    const int digit = status / 100;
    (digit >= 1 && digit <= 5 ? by_class_[digit - 1] : none_).add();
}

}  // namespace grove::wsgi
