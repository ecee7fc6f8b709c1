// answer_rest.h - what an answer leaves for the hub, when its client takes its time.
#pragma once

#include <optional>

#include <grove/http/body.h>

#include "client_waits.h"

namespace grove::http {

class Response;

/// Of one exchange. All sends throw ClientLost.
class AnswerRest {
public:
    explicit AnswerRest(Response& response) noexcept : response_{response} {}

    /// Response::send(), and takes over what is left. @return false: something is
    [[nodiscard]] bool send(Body& body);
    /// Sends the output as far as the client takes it; others may have their turn meanwhile.
    /// @return false: it takes no more now, and some is left
    [[nodiscard]] bool flush();
    /// One send of the output and of the body that is left. Never blocks; by the hub.
    /// @throws std::system_error: a file cannot be read
    Sending send_more();
    /// The exchange is over.
    void drop() noexcept { body_.reset(); }

private:
    Response& response_;
    std::optional<Body> body_;
};

}  // namespace grove::http
