// crash_notes.h - a dying process writes down which request killed it.
#pragma once

#include <memory>
#include <vector>

#include <grove/core/export.h>
#include <grove/http/metrics.h>

namespace grove::http {

class WsgiServer;

/// While it lives, a SIGSEGV, SIGBUS, SIGFPE, SIGILL or SIGABRT of this thread first notes the request of its
/// running greenlet in the metrics, and whether it used up its stack; then it goes on to what was set before. One at a time in a process, on its
/// main thread, after its hub was made. Metrics and servers must outlive it.
class GROVE_EXPORT CrashNotes {
public:
    /// Sets the handlers.
    CrashNotes(ServerMetrics& metrics, std::vector<const WsgiServer*> servers);
    ~CrashNotes();  ///< What was set before is set again.
    CrashNotes(const CrashNotes&) = delete;
    CrashNotes& operator=(const CrashNotes&) = delete;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace grove::http
