// wsgi_handler.h - one request from its head to its access line: calls the application, answers for it.
#pragma once

#include <exception>
#include <optional>

#include <grove/http/application.h>

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
    /// be read; or it drains, lingers or is closed.
    /// @throws what killed the greenlet, with the connection closed
    void handle(Connection& connection);

private:
    enum class Fate {
        kAnswered,
        kRefused,
        kThrown,  // an HttpError: its answer is made
        kDisconnected,
        kClientGone,
        kAbandoned,
        kKilled,
        kTimedOut,
        kFailed
    };

    struct Result {
        Fate fate = Fate::kAnswered;
        int status = 500;
        std::exception_ptr error{};
    };

    Result run(Connection& connection);
    static Result thrown(Exchange& exchange, const HttpError& error);
    void answer_for(Exchange& exchange, const Result& result);
    [[nodiscard]] bool must_close(const Exchange& exchange) const;
    void settle(Connection& connection, Exchange& exchange, const Result& result);

    const Application& application_;
    WsgiService& service_;
};

}  // namespace grove::http
