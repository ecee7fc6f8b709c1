// serve_job.h - a request's greenlet: it hands the request to a Python thread, and sends what the thread makes.
#pragma once

#include <memory>
#include <stdexcept>

#include <grove/http/application.h>

#include "job.h"

namespace grove::wsgi {

/// The application has raised an exception, whose traceback is in the log.
class ApplicationFailed : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Reads what is to be read of a request's body before a thread has the request.
/// @param most  larger bodies are read by the thread; nullopt: all are
[[nodiscard]] std::shared_ptr<Job> make_job(http::Environ& environ,
                                            std::shared_ptr<Mailbox> mailbox,
                                            const std::optional<std::size_t>& most);

/// Until the answer has ended. @return what is left of it to send
/// @throws ApplicationFailed; what reading and sending throw; what interrupts its waits
[[nodiscard]] http::Body serve_job(Job& job, http::Environ& environ,
                                   http::StartResponse& start_response);

}  // namespace grove::wsgi
