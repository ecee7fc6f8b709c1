// crash_notes.h - a dying process notes the request that killed it, and the place in the code.
#pragma once

#include <memory>
#include <vector>

#include "worker.h"

namespace grove::http {

class WsgiServer;

/// While it lives, a SIGSEGV, SIGBUS, SIGFPE, SIGILL or SIGABRT is first noted for the worker's
/// master: the calls of the thread that got the signal and, on the worker's main thread, the
/// running greenlet's request and whether the greenlet used up its stack, on any thread what its
/// ThreadNote says. Then the former action is
/// taken. A child forked meanwhile notes nothing and takes the former action. One at a time in a
/// process, on its main thread, made after its hub. The worker must outlive it.
class CrashNotes {
public:
    /// While it lives, the notes name the requests of these servers. Servers and notes must outlive
    /// it.
    class Servers {
    public:
        Servers(CrashNotes& notes, std::vector<const WsgiServer*> servers);
        ~Servers();
        Servers(const Servers&) = delete;
        Servers& operator=(const Servers&) = delete;

    private:
        CrashNotes& notes_;
    };

    /// Sets the signal handlers.
    explicit CrashNotes(const Worker& worker);
    ~CrashNotes();  ///< Sets the former handlers again.
    CrashNotes(const CrashNotes&) = delete;
    CrashNotes& operator=(const CrashNotes&) = delete;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace grove::http
