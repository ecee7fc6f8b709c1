// answer.h - the answer of one request, as the application makes it in its thread.
//
// Pieces go to the job when PEP 3333 wants them on their way: what a list or a tuple holds leaves as a whole, what a
// generator makes leaves before it is asked for more.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "job.h"
#include "python.h"

namespace grove::wsgi {

/// With the GIL. Of one thread at a time: while one waits here, without the GIL, others are refused. What throws
/// PythonError has set Python's error.
class Answer {
public:
    explicit Answer(std::shared_ptr<Job> job);

    /// start_response(), its arguments unchecked. @param exc_info  null or None: none
    void start(PyObject* status, PyObject* headers, PyObject* exc_info);
    /// PEP 3333's write().
    void write(PyObject* piece);
    /// What the application returned. Blocks, without the GIL, while too much lies unsent.
    void send(PyObject* body);
    /// The application has failed; grove answers, or cuts what was sent. Also while another thread waits here.
    void fail(const std::string& how);

    /// 0: it was not started.
    [[nodiscard]] int status() const noexcept { return status_; }

private:
    void send_file(PyObject* place);
    void send_all(PyObject* pieces);
    void send_each(PyObject* body);
    void send_end();

    class Sending;

    void expect_no_sender() const;
    void add(PyObject* piece);
    void add_large(std::string_view bytes);
    void expect_start() const;
    void set_length(std::uint64_t bytes);
    void post(Made::End end);
    void hand_over(Made made);
    [[nodiscard]] bool complete() const noexcept;
    [[nodiscard]] bool bodiless() const noexcept { return status_ == 204 || status_ == 304; }

    const std::shared_ptr<Job> job_;
    const bool head_only_;
    int status_ = 0;
    std::optional<std::uint64_t> length_;  // of the body, as its head says
    std::uint64_t made_bytes_ = 0;
    bool posted_ = false;  // the head
    bool busy_ = false;    // a thread waits in hand_over()
    Made next_;            // what leaves with the next post()
};

}  // namespace grove::wsgi
