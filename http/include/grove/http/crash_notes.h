// crash_notes.h - a dying process writes down which request killed it, and where.
#pragma once

#include <memory>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/http/supervisor.h>

namespace grove::http {

class WsgiServer;

/// While it lives, a SIGSEGV, SIGBUS, SIGFPE, SIGILL or SIGABRT first notes, for the worker's master, the calls of
/// the thread it came to, and on the worker's own thread the request of the running greenlet and whether that used
/// up its stack; then it goes on to what was set before. In a child that was forked meanwhile it only does that. One at
/// a time in a process, on its main thread, after its hub was made. The worker must outlive it.
class GROVE_EXPORT CrashNotes {
public:
    /// While it lives, these are the servers whose requests are named. They must outlive it, as must the notes.
    class GROVE_EXPORT Servers {
    public:
        Servers(CrashNotes& notes, std::vector<const WsgiServer*> servers);
        ~Servers();
        Servers(const Servers&) = delete;
        Servers& operator=(const Servers&) = delete;

    private:
        CrashNotes& notes_;
    };

    /// Sets the handlers.
    explicit CrashNotes(const Worker& worker);
    ~CrashNotes();  ///< What was set before is set again.
    CrashNotes(const CrashNotes&) = delete;
    CrashNotes& operator=(const CrashNotes&) = delete;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace grove::http
