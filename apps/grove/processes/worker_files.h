// worker_files.h - files that the master opens for its workers.
#pragma once

#include <cstddef>
#include <vector>

namespace grove::http {

/// Files that workers may not open, so their master opens them. Exists in the master, and in
/// workers that were just forked.
class WorkerFiles {
public:
    virtual ~WorkerFiles() = default;

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

}  // namespace grove::http
