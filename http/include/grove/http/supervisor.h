// supervisor.h - a master process that binds, forks and watches; worker processes that serve.
//
// The master has no hub and no thread, runs nothing of the applications, and waits for nothing but signals and its
// children: what a generation is made of is read by a child. It binds each address before it forks and keeps the
// sockets open, so that what clients have queued survives any worker.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/core/duration.h>
#include <grove/core/file_descriptor.h>
#include <grove/core/signal_inbox.h>
#include <grove/http/access_log.h>
#include <grove/http/scoreboard.h>
#include <grove/http/sources.h>

namespace grove::http {

/// An address that the master binds. Two are the same listener if all their members are.
struct SupervisedListener {
    std::string address{};      ///< As Listener takes it; a host name: all that it means.
    std::string mode{};         ///< Of a unix socket's file: octal digits; "": as the umask has it.
    bool defer_accept = false;  ///< TCP only: accepted once the client has sent something.
    bool shared =
        false;  ///< One queue for all workers; else one each (SO_REUSEPORT). Unix: always.

    bool operator==(const SupervisedListener&) const = default;
};

/// What a worker process knows of its master, and is sent by others. Thread: the worker's main.
class GROVE_EXPORT Worker {
public:
    /// What a master tells a worker. A signal to the worker itself says the same: TERM kStop, USR1 kReopen,
    /// USR2 kDump; HUP, INT, QUIT and PIPE do nothing. What comes while the worker loads waits.
    enum class Command : char {
        kStop = 'T',    ///< Drain, answer what runs, end.
        kRetire = 'R',  ///< Others have taken over: answer what is open, end.
        kQuit = 'Q',    ///< End at once.
        kReopen = '1',  ///< Open the log files anew.
        kDump = '2',    ///< Tell of every greenlet.
        kFiles = 'F',   ///< What it asked for is there: take_files().
    };

    /// Made by supervise().
    Worker(FileDescriptor control, SignalInbox& signals, std::size_t index, std::size_t count,
           std::vector<std::vector<int>> listeners, const Scoreboard& board, ServerMetrics& metrics,
           WorkerNotes& notes);
    ~Worker();

    [[nodiscard]] std::size_t index() const noexcept { return index_; }  ///< From 0.
    /// Workers of its generation.
    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    /// The descriptors to serve of each listener, at least one, for Listener::bound(): some listen from the moment
    /// on at which all workers are ready. The worker owns them.
    [[nodiscard]] const std::vector<std::vector<int>>& listeners() const noexcept {
        return listeners_;
    }

    /// Where all workers count, and its own place there. In memory that outlives it.
    [[nodiscard]] const Scoreboard& board() const noexcept { return board_; }
    [[nodiscard]] ServerMetrics& metrics() const noexcept {
        return metrics_;
    }  ///< For its servers.
    /// What its master sees of it, for CrashNotes and Watched.
    [[nodiscard]] WorkerNotes& notes() const noexcept { return notes_; }

    /// For the master, should that take too long: what is loaded now; "": nothing that has a name.
    void loads(std::string_view what) noexcept;
    /// Tells the master that requests can be served. Does not block.
    void ready();
    /// From here on it finishes what it has; also if a command says so. If the master has not told it to, another
    /// takes its place at once.
    void set_draining() noexcept;
    /// Wakes the master, that it looks at the notes. Never blocks; in signal handlers too.
    void nudge() const noexcept;
    /// Tells the master why this generation cannot serve: lines. The worker is to end then.
    void refuse(std::string_view lines);
    /// Asks for what Generation::files has by then, opened anew: kFiles comes, unless the master has none. Does not block.
    void ask_for_files() const noexcept;
    /// What came with the last kFiles.
    [[nodiscard]] std::vector<FileDescriptor> take_files() noexcept { return std::move(files_); }
    /// Blocks the greenlet until there is one. kQuit: also if the master is gone.
    Command next_command();

private:
    Command obeyed(Command command) noexcept;

    FileDescriptor control_;
    SignalInbox& signals_;
    FileDescriptor either_;  // readable when one of them is
    std::size_t index_;
    std::size_t count_;
    std::vector<std::vector<int>> listeners_;
    const Scoreboard& board_;
    ServerMetrics& metrics_;
    WorkerNotes& notes_;
    std::vector<FileDescriptor> files_;
};

/// Files that workers may not open, so that their master does. In the master, and in workers that were just forked.
class GROVE_EXPORT WorkerFiles {
public:
    virtual ~WorkerFiles();

    /// SIGUSR1, or a worker has asked. Must not wait for anything. What cannot be had stays as it is.
    virtual void reopen() noexcept = 0;
    /// Some, in an order that workers know.
    [[nodiscard]] virtual std::vector<int> descriptors() const = 0;
    /// In another child of the master, which has none.
    virtual void close() noexcept = 0;
};

/// What a process that reads a generation's sources knows of its master. Thread: its main.
class GROVE_EXPORT Loading {
public:
    /// Made by supervise(). @param channel  to the master; lent
    explicit Loading(int channel);
    ~Loading();
    Loading(const Loading&) = delete;
    Loading& operator=(const Loading&) = delete;

    /// What is read through it is handed over. The master is told what is read, should that take too long.
    [[nodiscard]] Sources& sources() noexcept { return sources_; }
    /// Tells the master how long the first start may take: as Generation::load.
    void may_take(Timespan time);

private:
    int channel_;
    Sources sources_;
};

/// One configuration in use. A reload makes another.
struct Generation {
    std::vector<SupervisedListener> listeners{};  ///< At least one.
    std::size_t workers = 1;                      ///< Processes, 1 at least.
    int backlog = 1024;                           ///< Clients the kernel queues on each listener.
    /// What a worker that was told to end may take for what runs; nullopt: any time.
    Timespan patience{};
    /// And beyond that for what it had to cut, before it is ended with SIGKILL; nullopt: any time.
    Timespan unwind = std::chrono::seconds{3};
    /// What the next generation may take from SIGHUP to workers that are ready; nullopt: any time.
    Timespan load{};
    /// Runs in a forked process; what it returns is the process's exit code.
    std::function<int(Worker&)> work{};
    /// Of its workers; null: they open what they write to.
    std::shared_ptr<WorkerFiles> files{};
    /// A worker that keeps its thread so long (Loop::show) is reported, with its stack; nullopt: none is.
    Timespan blocking{};
    /// One that keeps it so long is ended by SIGABRT, and another takes its place; nullopt: none is.
    Timespan unresponsive{};
    /// While no worker answers: runs in a child of the master, until its channel is closed.
    struct StandIn {
        std::size_t listener = 0;  ///< Which one it answers.
        /// @param descriptors  the listening ones, which it owns
        std::function<int(const std::vector<int>& descriptors, FileDescriptor channel,
                          const Scoreboard& board)>
            work{};
    };
    StandIn stand_in{};  ///< Without `work`: there is none.
    /// For the master's own lines.
    ErrorLog log{};
};

/// What a service manager wants to know of a service.
enum class SupervisorPhase {
    kServing,    ///< Requests are answered: the start or a reload is done.
    kReloading,  ///< Requests are answered, and the next generation is built.
    kStopping,   ///< What runs is answered, then the process ends.
};

/// What the caller has to say while it is in supervise(). Standard error and logs may have no reader, or one that
/// does not read: a master that waited for him would serve no signal.
class GROVE_EXPORT SupervisorOutput {
public:
    /// What waits to be written.
    struct Unwritten {
        std::vector<int> descriptors{};  ///< That have no room for it now.
        /// When write() is to be called though they have none.
        std::chrono::steady_clock::time_point due = std::chrono::steady_clock::time_point::max();
    };
    virtual ~SupervisorOutput();

    [[nodiscard]] virtual Unwritten unwritten() const = 0;  ///< Asked before the master sleeps.
    /// Writes what is unwritten, as far as there is room. Must not block. Called in each turn of the master.
    virtual void write() = 0;
    /// SIGUSR1: files were moved away.
    virtual void reopen() = 0;
    /// In a child of the master: nothing of it is to be written there, or held open.
    virtual void leave() = 0;
};

/// What the master asks and tells whoever called it.
struct SupervisorOptions {
    /// Reads all that a generation is made of and judges it, at the start and for each SIGHUP. In a child of the master:
    /// it may wait for what it reads. What it throws is told, and nothing changes.
    /// @return the generation's listeners, whose host names are then looked up
    std::function<std::vector<SupervisedListener>(Loading& loading)> load{};
    /// The generation that load() has read, made in the master: it must not wait for anything.
    std::function<Generation(std::shared_ptr<Sources> sources)> make{};
    /// Told of each address that is served from now on, with its real port, and its listener's place in
    /// `listeners`, where a host name may mean several addresses.
    std::function<void(const std::string& address, std::size_t place)> announce{};
    /// Told why there is no first generation, or why it cannot serve, or that a worker has died of it: lines.
    std::function<void(const std::string& lines)> refused{};
    /// Told of each phase as it begins, with a few words for people.
    std::function<void(SupervisorPhase phase, const std::string& status)> phase{};
    /// Called so often from the first kServing on, while at least one worker answers; nullopt: never.
    Timespan alive_every{};
    std::function<void()> alive{};
    SupervisorOutput* output = nullptr;  ///< The caller's, for as long as supervise() runs.
    /// Listening sockets of the caller's, which stay open. A listener whose address one of them has is not
    /// bound: that socket is its one queue for all workers, and a unix socket's file stays in the end.
    std::vector<int> sockets{};
};

/// Serves until a signal ends it: TERM and INT after what runs, QUIT at once; HUP reloads, USR1 and USR2 go
/// on to the workers. Workers that die are replaced, also those that TERM has ended by itself. Blocks the
/// thread; to be called before the process has a hub or a second thread.
/// @param signals  gets those named and CHLD as well. What came there before counts. Who has it outlive this
///                 call may be sent another TERM at the end.
/// @return the exit code: 0; 1 if a worker that answered did not end by itself, with 0, when all were told to end. If
/// the first generation cannot serve: 2 of a ConfigError, of a child that a signal ended
/// and of one that took too long; that of a worker that refused; 1 of all else, such as an address in use
GROVE_EXPORT int supervise(SignalInbox& signals, const SupervisorOptions& options);

}  // namespace grove::http
