// exchange.h - one request and its response, from the complete head to the access line.
//
// Reused for the next request of its server. An application may keep an Input or a Write longer than its
// request: then the exchange is not reused before they go, and answers them with an exception.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include <grove/core/duration.h>
#include <grove/http/application.h>

#include "answer_output.h"
#include "answer_rest.h"
#include "request_body.h"
#include "request_state.h"
#include "response.h"

namespace grove::http {

/// Owns the parts, which share its RequestState.
class Exchange final : public RequestState {
public:
    explicit Exchange(const ServiceTerms& of_server);
    ~Exchange();

    void retain() noexcept { ++references_; }
    void release() noexcept {
        if (--references_ == 0) delete this;
    }
    [[nodiscard]] bool shared() const noexcept { return references_ > 1; }

    /// A head was parsed into `head`, for the connection it was taken for.
    void begin();
    /// The response is over: whoever kept an Input or a Write gets exceptions from here on. The output stays.
    void end() noexcept;
    /// The same while the exchange still drops what is left of its body.
    void end_for_the_application() noexcept {
        ended_ = true;
        if (!handed_on.empty()) drop_handed_on();
    }

    /// Makes the exchange's `watch`. The caller serves the request.
    /// @param abandoned  as ClientWatch has it. @throws std::system_error if the loop refuses the socket
    ClientWatch& watch_client(Timespan abandoned = {});
    /// Wakes whoever waits for it. In the greenlet that serves.
    void end_watch() noexcept {
        if (watch != nullptr) drop_watch();
    }

    /// Sends the output. May block. @throws ClientLost
    void flush() { AnswerOutput::flush(*this); }

    Environ environ{*this};
    StartResponse start_response{*this};
    RequestBody body{*this};
    Response response{*this, body};
    AnswerRest rest{*this, response};  // of the response, as the client takes it

    // The environ's own.
    std::map<std::string, std::shared_ptr<void>, std::less<>> handed_on;  // Environ::shared()
    std::optional<Input> input;
    std::unique_ptr<std::ostream> errors;

private:
    void drop_handed_on() noexcept;
    void drop_watch() noexcept;

    std::unique_ptr<ClientWatch> own_watch_;
    unsigned references_ = 1;
};

/// A greenlet is in the middle of reading its body or sending its answer.
inline bool is_in_use(const Exchange& exchange) noexcept {
    return exchange.body.being_read() || exchange.being_sent();
}

}  // namespace grove::http
