// worker.h - what runs in a worker process: its view of its master, and the commands that it gets.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include <grove/core/file_descriptor.h>
#include <grove/core/signal_inbox.h>

#include "scoreboard.h"

namespace grove::http {

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

    /// Made by run_master().
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

}  // namespace grove::http
