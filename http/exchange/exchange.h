// exchange.h - one request and its response, from the complete head to the access line.
//
// Reused for the next request of its server, unless the application has kept something of it.
#pragma once

#include <grove/http/application.h>
#include <grove/http/environ.h>

#include "answer_output.h"
#include "answer_rest.h"
#include "served_request.h"

namespace grove::http {

/// Owns all that a request has: what its application is called with, and the parts that share its state.
class Exchange final : public ServedRequest {
public:
    explicit Exchange(const ServiceTerms& of_server);
    ~Exchange() override;

    /// A head was parsed into `head`, for the connection it was taken for.
    void begin();
    /// It joins the line for a slot later than its head came: now.
    void join_line();
    /// The response is over: whoever kept an Input or a Write gets exceptions from here on. The output stays.
    void end() noexcept;
    /// The same while the exchange still drops what is left of its body.
    void end_for_the_application() noexcept {
        ended_ = true;
        if (!handed_on.empty()) drop_handed_on();
    }

    /// Sends the output. May block. @throws ClientLost
    void flush() { AnswerOutput::flush(*this); }

    Environ environ{*this};
    StartResponse start_response{*this};
    AnswerRest rest{response};  // as the client takes it

private:
    void drop_handed_on() noexcept;
};

/// A greenlet is in the middle of reading its body or sending its answer.
inline bool is_in_use(const Exchange& exchange) noexcept {
    return exchange.body.being_read() || exchange.being_sent();
}

}  // namespace grove::http
