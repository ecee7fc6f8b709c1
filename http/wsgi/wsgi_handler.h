// wsgi_handler.h - one request from its head to its access line: calls the application, answers for it.
#pragma once

#include <exception>
#include <optional>

#include <grove/http/application.h>

#include "settle.h"

namespace grove::http {

class Connection;
class Exchange;
class HttpError;
class WsgiService;

class WsgiHandler {
public:
    WsgiHandler(const Application& application, WsgiService& service) noexcept
        : application_{application}, service_{service} {}

    /// Serves the connection's exchange. Afterwards the connection is still kServed, and the next request may
    /// be read; or it drains, lingers or is closed; or the hub sends the rest of the answer.
    /// @throws what killed the greenlet, with the connection closed
    void handle(Connection& connection);

private:
    struct Result {
        Fate fate = Fate::kAnswered;
        int status = 500;
        std::exception_ptr error{};
    };

    Result run(Connection& connection);
    static Result thrown(Exchange& exchange, const HttpError& error);
    void answer_for(Exchange& exchange, const Result& result);

    const Application& application_;
    WsgiService& service_;
};

}  // namespace grove::http
