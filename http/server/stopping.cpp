#include <grove/http/stopping.h>

namespace grove::http {
namespace {

// Made after its thread's hub, so it goes before: whoever still waits must not be found waiting for it.
struct OfThread {
    Event event;
    ~OfThread() { event.set(); }
};

}  // namespace

Event& stopping() {
    thread_local OfThread of_thread;
    return of_thread.event;
}

}  // namespace grove::http
