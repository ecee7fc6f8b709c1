// served_request.h - one request and its response, as the objects that an application has act on them.
//
// An application may keep an Input or a Write longer than its request: whoever has it retains the request, and is
// answered with an exception once that has ended.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <string>

#include <grove/core/duration.h>

#include "client_watch.h"
#include "request_body.h"
#include "request_state.h"
#include "response.h"

namespace grove::http {

/// The base of an Exchange. Environ, Input, StartResponse and Write refer to it, and it knows none of them.
class ServedRequest : public RequestState {
public:
    /// Watches the client, while the caller, who serves the request, does something else: `watch`.
    /// @param abandoned  as ClientWatch has it. @throws std::system_error if the loop refuses the socket
    ClientWatch& watch_client(Timespan abandoned = {});
    /// Wakes whoever waits for it. In the greenlet that serves.
    void end_watch() noexcept {
        if (watch != nullptr) drop_watch();
    }

    RequestBody body{*this};
    Response response{*this, body};

    // The environ's own.
    std::map<std::string, std::shared_ptr<void>, std::less<>> handed_on;  // Environ::shared()
    std::unique_ptr<std::ostream> errors;

protected:
    explicit ServedRequest(const ServiceTerms& of_server) : RequestState{of_server} {}
    ~ServedRequest() override;

private:
    void drop_watch() noexcept;

    std::unique_ptr<ClientWatch> own_watch_;
};

}  // namespace grove::http
