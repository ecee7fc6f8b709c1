// running_request.h - one request in its Python thread, from the call of the application to the body's close().
#pragma once

#include <memory>
#include <string>

#include "answer.h"
#include "base_environ.h"
#include "job.h"
#include "python.h"

namespace grove::wsgi {

/// With the GIL, which the application may give away.
class RunningRequest {
public:
    /// In the thread that is to run it.
    explicit RunningRequest(std::shared_ptr<Job> job);
    ~RunningRequest();
    RunningRequest(const RunningRequest&) = delete;
    RunningRequest& operator=(const RunningRequest&) = delete;

    /// Calls the application, sends what it makes, and closes it. @return the status; 0: it made none
    int run(PyObject* application, const BaseEnviron& environ) noexcept;

    /// For lines of the log: " (request ID)"; "" without an id.
    [[nodiscard]] std::string origin() const;
    /// "GET /path (request ID)"
    [[nodiscard]] std::string name() const;

    /// Null: that thread runs none.
    static const RunningRequest* of_thread(unsigned long ident) noexcept;
    /// Throws RequestKilled into the thread that runs this job, unless the application has returned. Any thread with the
    /// GIL.
    static void kill(const Job& job) noexcept;

private:
    void call(PyObject* application, const BaseEnviron& environ);
    void stop_kills() noexcept;
    void fail() noexcept;
    void close() noexcept;

    const std::shared_ptr<Job> job_;
    const std::shared_ptr<Answer> answer_;
    const unsigned long ident_;
    bool killable_ = false;
    PyRef body_;
};

}  // namespace grove::wsgi
