// mailbox.h - the way from Python's threads to the hub.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include <grove/core/hub.h>

namespace grove::wsgi {

class Job;

/// Shared by the applications of a worker, their jobs and their threads. Never needs the GIL.
class Mailbox : public std::enable_shared_from_this<Mailbox> {
public:
    /// In the hub's thread.
    Mailbox() : hub_{get_hub()} {}
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;

    /// Wakes the greenlet of the job. Several jobs that are posted before the hub looks cost one wake. Any thread.
    void post(std::shared_ptr<Job> job);
    /// Calls it in the hub, soon. Any thread.
    void run(std::function<void()> function);
    /// From now on, nothing is called: what threads still post is dropped. In the hub's thread.
    void close() noexcept;

private:
    void deliver();

    Hub& hub_;
    std::mutex mutex_;  // guards what follows
    std::vector<std::shared_ptr<Job>> jobs_;
    bool closed_ = false;
};

}  // namespace grove::wsgi
