// supervisor.h - a master process that binds, forks and watches; worker processes that serve.
//
// The master has no hub and no thread of its own making, runs no code of the applications, and
// waits for nothing but signals and its children: a child reads a generation's sources. The master
// binds each address before it forks and keeps the sockets open, so that clients in the kernel's
// queues survive any worker.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <grove/core/duration.h>
#include <grove/core/file_descriptor.h>
#include <grove/core/signal_inbox.h>
#include <grove/http/access_log.h>
#include <grove/http/sources.h>

#include "file_changes.h"
#include "pid_file.h"
#include "scoreboard.h"

namespace grove::http {

/// An address that the master binds. Two listeners are the same if all their members are equal.
struct SupervisedListener {
    std::string address{};      ///< As Listener takes it; a host name means all its addresses.
    std::string mode{};         ///< A unix socket's file mode, octal; "": as the umask has it.
    bool defer_accept = false;  ///< TCP only: accepted once the client has sent something.
    /// One queue for all workers; else a queue for each (SO_REUSEPORT). A unix socket: always one.
    bool shared = false;

    bool operator==(const SupervisedListener&) const = default;
};

/// A worker process's view of its master, and the commands it gets. Thread: the worker's main.
class Worker {
public:
    /// A master's command. A signal to the worker itself says the same: TERM kStop, USR1 kReopen,
    /// USR2 kDump; HUP, INT, QUIT and PIPE do nothing. A command or signal that comes while the
    /// worker loads waits.
    enum class Command : char {
        kStop = 'T',    ///< Drain, answer running requests, end.
        kRetire = 'R',  ///< New workers have taken over: answer what is open, end.
        kQuit = 'Q',    ///< End at once.
        kReopen = '1',  ///< Open the log files anew.
        kDump = '2',    ///< Log every greenlet.
        kFiles = 'F',   ///< The files it asked for are there: take_files().
        kShow = 'S',    ///< Somebody asks which requests run longest: LongestRequests.
    };

    /// Made by supervise().
    Worker(FileDescriptor control, SignalInbox& signals, std::size_t index, std::size_t count,
           std::vector<std::vector<int>> listeners, const Scoreboard& board, ServerMetrics& metrics,
           WorkerNotes& notes);
    ~Worker();

    [[nodiscard]] std::size_t index() const noexcept { return index_; }  ///< From 0.
    /// The number of workers in its generation.
    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    /// For each listener its descriptors, at least one, for Listener::bound(). Some of them begin
    /// to listen only when all workers are ready. The worker owns them.
    [[nodiscard]] const std::vector<std::vector<int>>& listeners() const noexcept {
        return listeners_;
    }

    /// The board on which all workers count.
    [[nodiscard]] const Scoreboard& board() const noexcept { return board_; }
    /// This worker's place on the board, for its servers. In memory that outlives the worker.
    [[nodiscard]] ServerMetrics& metrics() const noexcept { return metrics_; }
    /// The notes that its master reads, for CrashNotes and Watched.
    [[nodiscard]] WorkerNotes& notes() const noexcept { return notes_; }

    /// Names what is loaded now, for the master if that takes too long; "": nothing with a name.
    void loads(std::string_view what) noexcept;
    /// Tells the master that requests can be served. Does not block.
    void ready();
    /// From here on the worker finishes what it has; a command to end calls it, too. If the master
    /// has not told the worker to end, another worker takes its place at once.
    void set_draining() noexcept;
    /// Wakes the master, which then looks at the notes. Never blocks. Allowed in signal handlers.
    void nudge() const noexcept;
    /// Asks the master for another worker in this one's place, once: it then tells this one to
    /// retire. The first call counts. Any thread; never blocks.
    /// @throws std::logic_error before ready(): the other one would ask, too, and so for ever
    void ask_for_another(std::string_view reason);
    /// Tells the master, in lines, why this generation cannot serve. The worker must end then.
    void refuse(std::string_view lines);
    /// Asks for the current Generation::files, opened anew: kFiles comes, unless the master has no
    /// files. Does not block.
    void ask_for_files() const noexcept;
    /// What asks for a reader of each of Generation::files that is a pipe; kFiles comes as above.
    /// May be called by any thread, also when this object is gone; never blocks, never throws.
    /// @throws std::system_error: no descriptor is left
    [[nodiscard]] std::function<void()> reader_request() const;
    /// The files that came with the last kFiles.
    [[nodiscard]] std::vector<FileDescriptor> take_files() noexcept { return std::move(files_); }
    /// Blocks the greenlet until a command comes. kQuit comes also if the master is gone.
    Command next_command();

private:
    Command obeyed(Command command) noexcept;

    FileDescriptor control_;
    SignalInbox& signals_;
    FileDescriptor either_;  // readable when control_ or signals_ is
    std::size_t index_;
    std::size_t count_;
    std::vector<std::vector<int>> listeners_;
    const Scoreboard& board_;
    ServerMetrics& metrics_;
    WorkerNotes& notes_;
    std::vector<FileDescriptor> files_;
    std::atomic<bool> asked_for_another_{false};
};

/// Files that workers may not open, so their master opens them. Exists in the master, and in
/// workers that were just forked.
class WorkerFiles {
public:
    virtual ~WorkerFiles();

    /// SIGUSR1 came, or a worker has asked. Must not wait for anything. A file that cannot be
    /// opened anew stays as it is.
    virtual void reopen() noexcept = 0;
    /// A worker finds no reader of a file that is a pipe. Must not wait for anything.
    virtual void look_for_readers() noexcept = 0;
    /// How often one of the two has made descriptors() others.
    [[nodiscard]] virtual std::size_t changes() const noexcept = 0;
    /// The open files, in an order that workers know.
    [[nodiscard]] virtual std::vector<int> descriptors() const = 0;
    /// Called in the master's other children, which must have none of the files.
    virtual void close() noexcept = 0;
};

/// The view of its master in a process that reads a generation's sources. Thread: its main.
class Loading {
public:
    /// Made by supervise(). @param channel  to the master; lent
    explicit Loading(int channel);
    ~Loading();
    Loading(const Loading&) = delete;
    Loading& operator=(const Loading&) = delete;

    /// Everything read through it is handed over to the master. The master is told what is being
    /// read, in case reading takes too long.
    [[nodiscard]] Sources& sources() noexcept { return sources_; }
    /// Tells the master how long the first start may take, as Generation::load does for reloads.
    void may_take(Timespan time);
    /// Names the files whose change is a SIGHUP from now on, in place of those before, also if what is read is refused.
    /// Without a call it stays as it was; at first nobody looks.
    void watch(const std::vector<WatchedFile>& files);

private:
    int channel_;
    Sources sources_;
};

/// One configuration in use. A reload makes another generation.
struct Generation {
    std::vector<SupervisedListener> listeners{};  ///< At least one.
    std::size_t workers = 1;                      ///< Processes, at least 1.
    int backlog = 1024;                           ///< Clients the kernel queues on each listener.
    /// How long a worker that was told to end may take for running requests; nullopt: any time.
    Timespan patience{};
    /// How much longer the worker may take for requests it had to cut, until SIGKILL; nullopt: any
    /// time.
    Timespan unwind = std::chrono::seconds{3};
    /// How long the next generation may take from SIGHUP until its workers are ready, and a
    /// replacement of a worker until it is ready; nullopt: any time.
    Timespan load{};
    /// Runs in a forked process; the result is the process's exit code.
    std::function<int(Worker&)> work{};
    /// The workers' files; null: the workers open the files they write to.
    std::shared_ptr<WorkerFiles> files{};
    /// A worker that keeps its thread so long (Loop::show) is reported with its stack; nullopt:
    /// never.
    Timespan blocking{};
    /// A worker that keeps its thread so long is ended by SIGABRT and replaced; nullopt: never.
    Timespan unresponsive{};
    /// Answers while no worker does: runs in a child of the master, until its channel is closed.
    struct StandIn {
        std::size_t listener = 0;  ///< The listener it answers, by its place in `listeners`.
        /// @param descriptors  the listening sockets; the stand-in owns them
        std::function<int(const std::vector<int>& descriptors, FileDescriptor channel,
                          const Scoreboard& board)>
            work{};
    };
    StandIn stand_in{};  ///< Without `work`: there is no stand-in.
    /// For the master's own lines.
    ErrorLog log{};
};

/// A service's phases, as a service manager wants to know them.
enum class SupervisorPhase {
    kServing,    ///< Requests are answered: the start or a reload is done.
    kReloading,  ///< Requests are answered, and the next generation is built.
    kStopping,   ///< Running requests are answered, then the process ends.
};

/// The caller's output while supervise() runs. Standard error and logs may have no reader, or a
/// reader that does not read: a master that waited for the reader would serve no signal.
class SupervisorOutput {
public:
    /// Output that waits to be written.
    struct Unwritten {
        std::vector<int> descriptors{};  ///< Those without room for the output now.
        /// When write() is to be called although no descriptor has room.
        std::chrono::steady_clock::time_point due = std::chrono::steady_clock::time_point::max();
    };
    virtual ~SupervisorOutput();

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
struct SupervisorOptions {
    /// Reads all sources of a generation and judges them, at the start and for each SIGHUP. Runs in
    /// a child of the master, so it may wait for its sources. Its exception is told, and nothing
    /// changes.
    /// @return the generation's listeners; their host names are looked up next
    std::function<std::vector<SupervisedListener>(Loading& loading)> load{};
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
    std::function<void(SupervisorPhase phase, const std::string& status)> phase{};
    /// The time between calls of `alive`, from the first kServing on, while at least one worker
    /// answers; nullopt: never.
    Timespan alive_every{};
    std::function<void()> alive{};
    SupervisorOutput* output = nullptr;  ///< The caller's; must outlive supervise().
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
int supervise(SignalInbox& signals, const SupervisorOptions& options);

}  // namespace grove::http
