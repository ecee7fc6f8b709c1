// generation.h - what the master serves: one configuration, as far as the master has to know it.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include <grove/core/duration.h>
#include <grove/core/file_descriptor.h>
#include <grove/http/access_log.h>

#include "master_listener.h"
#include "scoreboard.h"
#include "worker.h"
#include "worker_files.h"

namespace grove::http {

/// One configuration in use. A reload makes another generation.
struct Generation {
    std::vector<MasterListener> listeners{};  ///< At least one.
    std::size_t workers = 1;                  ///< Processes, at least 1.
    int backlog = 1024;                       ///< Clients the kernel queues on each listener.
    /// How long a worker that was told to end may take for running requests; nullopt: any time.
    Timespan patience{};
    /// How much longer the worker may take for requests it had to cut, until SIGKILL; nullopt: any
    /// time.
    Timespan unwind = std::chrono::seconds{3};
    /// How long the next generation may take from SIGHUP until its workers are ready, and a
    /// replacement of a worker until it is ready; nullopt: any time.
    Timespan load{};
    /// Runs in a forked process; the result is the process's exit code.
    std::function<int(Worker&)> run_worker{};
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
            run{};
    };
    StandIn stand_in{};  ///< Without `run`: there is no stand-in.
    /// For the master's own lines.
    ErrorLog log{};
};

}  // namespace grove::http
