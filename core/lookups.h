// lookups.h - host names looked up by threads: equal ones once, and never by more than a few threads.
//
// A look-up cannot be broken off: it belongs to a thread, and greenlets of any hub wait for it. Who is killed or runs
// out of time leaves the others waiting; a look-up that nobody waits for any more is not begun. Results are not kept.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <sys/types.h>

#include <grove/core/address.h>
#include <grove/core/duration.h>

namespace grove {

/// The outcome of a look-up. Addresses have port 0.
struct FoundAddresses {
    int error = 0;  ///< Of getaddrinfo(3); 0: none.
    std::vector<Address> addresses{};
};

/// Any thread. Must outlive its waiters and its threads.
class Lookups {
public:
    static constexpr std::size_t kMostThreads = 16;
    /// Looks a name up. Blocks the thread. Must not throw.
    using LookUp = std::function<FoundAddresses(const std::string& host)>;
    /// Starts a thread that nobody joins. @throws std::system_error
    using StartThread = std::function<void(std::function<void()>)>;

    Lookups(LookUp look_up, StartThread start_thread);
    ~Lookups();
    Lookups(const Lookups&) = delete;
    Lookups& operator=(const Lookups&) = delete;

    /// Blocks the greenlet. `timeout` counts from now, also while the name waits for a thread.
    /// @throws SocketTimeout; std::system_error if a descriptor is missing; whatever interrupts the wait
    FoundAddresses wait_for(const std::string& host, Timespan timeout);

private:
    struct Lookup;
    class Interest;

    std::shared_ptr<Lookup> join(const std::string& host);
    void leave(Lookup& lookup);
    [[nodiscard]] bool has_threads();
    void add_thread();
    void run();
    std::shared_ptr<Lookup> next();
    void forget_after_fork();

    LookUp look_up_;
    StartThread start_thread_;
    std::mutex mutex_;  // guards what follows, and what Lookup says
    std::map<std::string, std::shared_ptr<Lookup>>
        under_way_;                             // that wait for a thread or have one
    std::deque<std::shared_ptr<Lookup>> line_;  // that wait for a thread
    std::size_t threads_ = 0;
    pid_t process_;
};

}  // namespace grove
