// watched.h - shows a worker's master whether the thread returns to its loop, and what keeps it.
#pragma once

#include <memory>
#include <vector>

#include "worker.h"

namespace grove::http {

class WsgiServer;

/// While it lives, the master sees since when the thread's loop has not polled, and may ask by
/// SIGURG which request, greenlet and calls keep the thread. In code of others the signal ends a
/// nanosleep(2), a poll(2) or an epoll_wait(2); other calls are restarted. One at a time in a
/// process, on its main thread. Worker and servers must outlive it.
class Watched {
public:
    Watched(const Worker& worker, std::vector<const WsgiServer*> servers);
    ~Watched();  ///< From here on the master sees a thread that polls for ever.
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace grove::http
