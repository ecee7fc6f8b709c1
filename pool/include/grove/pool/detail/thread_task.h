// thread_task.h - a task that a ThreadPool's worker runs.
//
// Nothing here is for users; it is public because spawn() is a template. A task is made in the
// hub's thread, called and emptied in a worker, and ended in the hub's thread again; the crew's
// mutex lies between.
#pragma once

#include <exception>
#include <optional>
#include <tuple>
#include <utility>

#include <grove/core/detail/export.h>
#include <grove/pool/detail/mapped_task.h>
#include <grove/pool/detail/slot.h>

namespace grove::detail {

class GROVE_EXPORT ThreadTask {
public:
    ThreadTask() = default;
    ThreadTask(const ThreadTask&) = delete;
    ThreadTask& operator=(const ThreadTask&) = delete;

    void run() noexcept;                            ///< In a worker.
    void fail(std::exception_ptr reason) noexcept;  ///< The same, without calling the function.
    virtual void ended() noexcept = 0;              ///< In the hub. The pool drops it.

    ThreadTask* next = nullptr;
    Slot slot;
    std::exception_ptr error;
    bool returned = false;

protected:
    virtual ~ThreadTask();
    void report() const noexcept;  ///< A failure, to the hub's handler.

private:
    virtual void call() = 0;
    virtual void drop_function() noexcept = 0;
};

/// One item of a map or imap.
template <class R, class F, class Items>
class MappedThreadTask final : public ThreadTask, public MappedCall<R, F, Items> {
public:
    using MappedCall<R, F, Items>::MappedCall;

    void ended() noexcept override {
        report();
        this->conclude(error, returned);
        delete this;
    }
    void kill() noexcept override {}  // a thread cannot be killed

private:
    void call() override { this->invoke(); }
    void drop_function() noexcept override { this->drop_items(); }
};

}  // namespace grove::detail
