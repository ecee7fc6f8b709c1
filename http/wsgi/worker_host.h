// worker_host.h - who does in a worker what replace_worker() asks for.
#pragma once

#include <functional>
#include <string_view>

#include <grove/core/detail/export.h>

namespace grove::http {

/// One at a time in a process.
class GROVE_EXPORT WorkerHost {
public:
    /// @param replace  called from any thread, by one at a time; must not block
    explicit WorkerHost(std::function<void(std::string_view reason)> replace);
    ~WorkerHost();  ///< It is called no more.
    WorkerHost(const WorkerHost&) = delete;
    WorkerHost& operator=(const WorkerHost&) = delete;
};

}  // namespace grove::http
