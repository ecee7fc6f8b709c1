// interpreter.h - Python itself: one in a process, in a thread of its own.
//
// That thread is Python's main thread: it starts Python, imports what applications are made of, throws into threads that
// run for nobody, and ends Python. It never serves a request.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "mailbox.h"
#include "settings.h"

namespace grove::wsgi {

class Interpreter {
public:
    /// The process's. The first call starts Python; it is never destroyed, as Python cannot be started twice. Blocks
    /// the greenlet. @throws std::invalid_argument  another venv than the first call's, or one of another Python;
    /// std::runtime_error  Python cannot be started, or has ended
    static Interpreter& get(const Settings& settings);
    Interpreter(const Interpreter&) = delete;
    Interpreter& operator=(const Interpreter&) = delete;

    /// Calls it in Python's main thread, with the GIL, and blocks the greenlet until then. What it throws is thrown
    /// here; a PythonError becomes a std::runtime_error with Python's text. A greenlet that is killed leaves at once,
    /// and the call is made all the same: it must not refer to the greenlet's stack. In the hub's thread.
    /// @throws std::runtime_error  Python has ended
    void call(std::function<void()> function);
    /// The same, waiting for nothing. Any thread.
    void post(std::function<void()> function);

    [[nodiscard]] const std::shared_ptr<Mailbox>& mailbox() const noexcept { return mailbox_; }

    /// One more application uses it. In the hub's thread. @return it is the first
    bool use() noexcept { return ++users_ == 1; }
    /// The last one ends Python: exit functions run, for a second at most. Blocks the thread, not only the greenlet.
    /// @param threads_left  Python threads that would not end: Python is not taken down under them
    void leave(bool threads_left) noexcept;

private:
    explicit Interpreter(std::string venv);
    void main(const std::string& venv) noexcept;
    void work();
    void end() noexcept;

    const std::string venv_;
    const std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
    std::size_t users_ = 0;
    bool threads_left_ = false;  // at its end

    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    std::deque<std::function<void()>> calls_;
    std::string fault_;  // why it could not be started
    bool ending_ = false;
    bool ended_ = false;
};

}  // namespace grove::wsgi
