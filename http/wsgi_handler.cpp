#include "wsgi_handler.h"

#include <string>
#include <utility>

#include <grove/core/errors.h>
#include <grove/core/hub.h>
#include <grove/core/timeout.h>
#include <grove/http/status.h>

#include "connection.h"
#include "exchange.h"
#include "wsgi_service.h"

namespace grove::http {
namespace {

/// timeouts.request has passed. No std::exception: an application's report of errors must not swallow it.
struct RequestTimedOut {};

}  // namespace

WsgiHandler::Result WsgiHandler::run(Exchange& exchange) {
    try {
        exchange.connection->give_way();  // a client that pipelines without end is not the only one
        const Timespan limit = service_.timeouts().request;
        const TimeoutGuard guard{
            limit ? Timespan{exchange.began + *limit - get_hub().now()} : std::nullopt,
            RequestTimedOut{}};
        Body body = application_(exchange.environ, exchange.start_response);
        exchange.response.send(body);
        return {};
    } catch (const GreenletExit&) {  // thrown on by handle(), when the client has been told
        return {Fate::kKilled, 503, std::current_exception()};
    } catch (const RequestTimedOut&) {
        return {Fate::kTimedOut, 503};
    } catch (const ClientDisconnected&) {
        return {Fate::kDisconnected};
    } catch (const BadRequest& error) {
        return {Fate::kBadRequest, error.status(), std::current_exception()};
    } catch (const ClientGone&) {
        return {Fate::kClientGone};
    } catch (...) {  // whatever else an application throws is its failure, ints included
        return {Fate::kFailed, 500, std::current_exception()};
    }
}

void WsgiHandler::handle(Connection& connection) {
    Exchange& exchange = *connection.exchange;
    const Result result = run(exchange);
    if (result.fate != Fate::kAnswered) answer_for(exchange, result);
    if (result.fate == Fate::kKilled) {
        service_.log_response(exchange);
        cut(connection);
        std::rethrow_exception(result.error);
    }
    settle(connection, exchange);
}

// The application gave no answer, or not all of it.
void WsgiHandler::answer_for(Exchange& exchange, const Result& result) {
    const std::string request =
        std::string{exchange.head.method} + " " + std::string{exchange.head.path};
    if (result.fate == Fate::kFailed) service_.report(request, result.error);
    if (result.fate == Fate::kTimedOut)
        service_.log(LogLevel::kWarn, request + ": cut off by timeouts.request");
    if (result.fate == Fate::kBadRequest) service_.log_bad_request(exchange, result.error);
    const bool nobody_there =
        result.fate == Fate::kDisconnected || result.fate == Fate::kClientGone;
    if (nobody_there || exchange.response.head_made()) return;
    exchange.response.replace(result.status);
    if (result.fate != Fate::kKilled) return;
    exchange.connection->send_some(
        exchange.output);  // a dying greenlet does not wait for the client
    exchange.output.clear();
}

// Sends what is owed, writes the access line, and decides what becomes of the connection.
void WsgiHandler::settle(Connection& connection, Exchange& exchange) {
    const bool whole = exchange.response.complete();
    const bool unread = !exchange.body.complete();
    const bool close =
        !whole || exchange.response.close() || service_.stopping() || exchange.body.being_read();
    bool sent = true;
    if (whole || exchange.response.close()) {
        try {
            if (!close && !unread && connection.scan_ahead()) {
                exchange
                    .owe_output();  // the next request is there already: its answer may leave with this one
            } else {
                exchange.flush();
            }
        } catch (const ClientGone&) {  // told to nobody: the access line says it
            sent = false;
        }
    }
    service_.log_response(exchange);
    if (!sent || !connection.sent_all || exchange.body.being_read() || !whole) {
        cut(connection);
    } else if (close) {
        const bool something_came = unread || !connection.input().empty() || !connection.drained();
        something_came ? connection.linger() : connection.close();
    } else {
        connection.finish_exchange();
    }
}

void WsgiHandler::cut(Connection& connection) noexcept { connection.close(); }

}  // namespace grove::http
