#include "wsgi_handler.h"

#include <optional>
#include <string>
#include <utility>

#include <grove/core/errors.h>
#include <grove/http/status.h>

#include "client_waits.h"
#include "connection.h"
#include "exchange.h"
#include "request_limit.h"
#include "request_terms.h"
#include "too_many_detached.h"
#include "wsgi_service.h"

namespace grove::http {

WsgiHandler::Result WsgiHandler::run(Connection& connection) {
    Exchange& exchange = *connection.exchange;
    try {
        const Timespan limit = timeouts_of(exchange).request;
        std::optional<RequestLimit> guard;
        if (limit) guard.emplace(exchange, *limit, service_.log());
        {
            Body body = application_(exchange.environ, exchange.start_response);
            exchange.response.send(body);
        }
        // The next request may be there already: then its answer leaves together with this one.
        if (!must_close(exchange) && exchange.body.complete() && connection.scan_ahead()) {
            exchange.owe_output();
        } else {
            exchange.flush();
        }
        return {};
    } catch (const GreenletExit&) {  // thrown on by handle(), when the client has been told
        return {Fate::kKilled, 503, std::current_exception()};
    } catch (const RequestLimit::Passed&) {
        return {Fate::kTimedOut, 503};
    } catch (const ClientDisconnected&) {
        return {Fate::kDisconnected};
    } catch (const BadRequest& error) {
        return {Fate::kRefused, error.status(), std::current_exception()};
    } catch (const TooManyDetached&) {
        return {Fate::kRefused, 503, std::current_exception()};
    } catch (const ClientGone&) {
        return {Fate::kClientGone};
    } catch (...) {  // whatever else an application throws is its failure, ints included
        return {Fate::kFailed, 500, std::current_exception()};
    }
}

void WsgiHandler::handle(Connection& connection) {
    Exchange& exchange = *connection.exchange;
    struct Noted {
        RequestNote& note;
        Exchange& exchange;
        Noted(RequestNote& where, Exchange& begun) noexcept : note{where}, exchange{begun} {
            note.begin(&exchange, exchange.head.method, exchange.head.path);
        }
        ~Noted() { note.end(&exchange); }
    } const noted{service_.metrics().note, exchange};
    const Result result = run(connection);
    {
        struct Logged {
            WsgiService& service;
            Exchange& exchange;
            ~Logged() { service.log().answered(exchange); }
        } const logged{service_, exchange};  // also if a kill comes while the client is told
        if (result.fate != Fate::kAnswered) answer_for(exchange, result);
    }
    settle(connection, exchange, result);
    if (result.fate == Fate::kKilled) std::rethrow_exception(result.error);
}

// The application gave no answer, or not all of it.
void WsgiHandler::answer_for(Exchange& exchange, const Result& result) {
    if (result.fate == Fate::kFailed) service_.log().failed(exchange, result.error);
    const bool given_up = exchange.response.given_up();  // and told so
    if (result.fate == Fate::kTimedOut && !given_up) service_.log().timed_out(exchange);
    if (result.fate == Fate::kRefused)
        service_.log().refused_late(exchange, result.status, result.error);
    const bool nobody_there =
        result.fate == Fate::kDisconnected || result.fate == Fate::kClientGone;
    if (nobody_there || given_up || exchange.response.head_made()) return;
    exchange.response.replace(result.status);
    if (result.fate == Fate::kKilled) return;  // it does not wait for the client: see settle()
    try {
        exchange.flush();
    } catch (const ClientGone&) {  // told to nobody: the access line says what was to be said
    }
}

bool WsgiHandler::must_close(const Exchange& exchange) const {
    return !exchange.response.complete() || exchange.response.close() ||
           !service_.terms().keeps() || exchange.body.poisoned() || is_in_use(exchange);
}

// Decides what becomes of the connection.
void WsgiHandler::settle(Connection& connection, Exchange& exchange, const Result& result) {
    exchange.end_for_the_application();
    leave_mount_pool(exchange);
    if (exchange.upgraded ||  // with the stream, if the application has not moved it away
        exchange.response.given_up()) {
        connection.close();
        return;
    }
    if (!must_close(exchange)) {
        connection.finish_exchange();
        return;
    }
    const bool in_use = is_in_use(exchange);
    if (connection.client().broken() && !in_use && result.fate != Fate::kKilled) {
        // Megabytes of it may be in the kernel's hands. Who was too slow gets a moment to take them; who took
        // nothing at all, none.
        result.fate == Fate::kTimedOut ? service_.closing().linger(connection) : connection.reset();
        return;
    }
    if (connection.client().broken() || in_use) {
        connection.close();
        return;
    }
    if (!exchange.output.empty()) {  // also answers to requests before this one
        service_.closing().flush(connection);
        return;
    }
    const bool may_lose_it = result.fate != Fate::kAnswered || !exchange.body.complete() ||
                             exchange.body.poisoned() || !connection.client().input().empty() ||
                             connection.client().has_unread();
    may_lose_it ? service_.closing().linger(connection) : connection.close();
}

}  // namespace grove::http
