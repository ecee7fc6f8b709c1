// run_master.h - a master process that binds, forks and watches; worker processes that serve.
//
// The master has no hub and no thread of its own making, runs no code of the applications, and
// waits for nothing but signals and its children: a child reads a generation's sources. The master
// binds each address before it forks and keeps the sockets open, so that clients in the kernel's
// queues survive any worker.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <grove/core/duration.h>
#include <grove/core/signal_inbox.h>
#include <grove/http/sources.h>

#include "generation.h"
#include "loading.h"
#include "pid_file.h"

namespace grove::http {

/// A service's phases, as a service manager wants to know them.
enum class MasterPhase {
    kServing,    ///< Requests are answered: the start or a reload is done.
    kReloading,  ///< Requests are answered, and the next generation is built.
    kStopping,   ///< Running requests are answered, then the process ends.
};

/// The caller's output while run_master() runs. Standard error and logs may have no reader, or a
/// reader that does not read: a master that waited for the reader would serve no signal.
class MasterOutput {
public:
    /// Output that waits to be written.
    struct Unwritten {
        std::vector<int> descriptors{};  ///< Those without room for the output now.
        /// When write() is to be called although no descriptor has room.
        std::chrono::steady_clock::time_point due = std::chrono::steady_clock::time_point::max();
    };
    virtual ~MasterOutput() = default;

    [[nodiscard]] virtual Unwritten unwritten() const = 0;  ///< Asked before the master sleeps.
    /// Writes the waiting output, as far as there is room. Must not block. Called in each turn of
    /// the master.
    virtual void write() = 0;
    /// SIGUSR1 came: files were moved away.
    virtual void reopen() = 0;
    /// Called in a child of the master, which must neither write this output nor hold it open.
    virtual void leave() = 0;
};

/// The master's questions to its caller, and its news.
struct MasterOptions {
    /// Reads all sources of a generation and judges them, at the start and for each SIGHUP. Runs in
    /// a child of the master, so it may wait for its sources. Its exception is told, and nothing
    /// changes.
    /// @return the generation's listeners; their host names are looked up next
    std::function<std::vector<MasterListener>(Loading& loading)> load{};
    /// Makes the generation that load() has read. Runs in the master, so it must not wait for
    /// anything.
    std::function<Generation(std::shared_ptr<Sources> sources)> make{};
    /// Told of each address that is served from now on, with its real port, and of the listener's
    /// place in `listeners`: a host name may mean several addresses.
    std::function<void(const std::string& address, std::size_t place)> announce{};
    /// Told, in lines, why there is no first generation, why it cannot serve, or that a worker has
    /// died of it.
    std::function<void(const std::string& lines)> refused{};
    /// Told of each phase as it begins, with a few words for people.
    std::function<void(MasterPhase phase, const std::string& status)> phase{};
    /// The time between calls of `alive`, from the first kServing on, while at least one worker
    /// answers; nullopt: never.
    Timespan alive_every{};
    std::function<void()> alive{};
    MasterOutput* output = nullptr;  ///< The caller's; must outlive run_master().
    /// Listening sockets of the caller's, which stay open. A listener at the address of such a
    /// socket is not bound: the socket is its one queue for all workers, and a unix socket's file
    /// stays at the end.
    std::vector<int> sockets{};
    /// Called once, when the listeners of the first generation are open: the file by which the
    /// master is found, and the socket by which it is asked. Held to the end; null: there is none.
    /// What it throws ends the start.
    std::function<std::unique_ptr<PidFile>()> opened{};
};

/// Serves until a signal ends it: TERM and INT after running requests, QUIT at once. HUP reloads;
/// USR1 and USR2 go on to the workers. Workers that die are replaced, and so are workers that got a
/// TERM of their own. Blocks the thread. Call it before the process has a hub or a second thread.
/// @param signals  gets the signals named here, and CHLD. Signals that came before the call count.
///                 If `signals` outlives the call, another TERM at the end does no harm.
/// @return the exit code: 0; 1 if a worker that had answered did not end by itself, with 0, when
///         all were told to end. If the first generation cannot serve: 2 for what is Unusable, for a
///         child that a signal ended, and for a start that took too long; the exit code of a worker
///         that refused; 1 for everything else, such as an address in use
int run_master(SignalInbox& signals, const MasterOptions& options);

}  // namespace grove::http
