// wsgi_application.h - one application of Python's at one mount: what the plugin's factory makes.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include <grove/http/application.h>

#include "hub_timer.h"
#include "interpreter.h"
#include "python_threads.h"
#include "settings.h"
#include "stuck_watch.h"

namespace grove::wsgi {

/// In the hub's thread, which never has the GIL.
class WsgiApplication {
public:
    /// Starts Python and imports the application. Blocks. @throws std::exception  what is wrong
    explicit WsgiApplication(Settings settings);
    /// Its threads have ended, or are left behind after half a second. The last one ends Python. Blocks the thread, not only
    /// the greenlet.
    ~WsgiApplication();
    WsgiApplication(const WsgiApplication&) = delete;
    WsgiApplication& operator=(const WsgiApplication&) = delete;

    http::Body operator()(http::Environ& environ, http::StartResponse& start_response);

private:
    void count_request();

    const Settings settings_;
    Interpreter& interpreter_;
    std::shared_ptr<PythonThreads> threads_;
    std::shared_ptr<HubTimer> later_;
    std::optional<StuckWatch> stuck_;
    std::size_t requests_ = 0;
    std::optional<std::size_t> last_request_;
};

}  // namespace grove::wsgi
