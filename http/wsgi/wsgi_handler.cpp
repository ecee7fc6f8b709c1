#include "wsgi_handler.h"

#include <optional>
#include <string>
#include <utility>

#include <grove/core/errors.h>
#include <grove/http/client_gone.h>
#include <grove/http/http_error.h>
#include <grove/http/status.h>

#include "answer_line.h"
#include "client_waits.h"
#include "closing.h"
#include "connection.h"
#include "exchange.h"
#include "request_limit.h"
#include "request_reader.h"
#include "request_terms.h"
#include "service_log.h"
#include "switched_protocol.h"

namespace grove::http {
namespace {

/// While the application runs, its exchange knows of its time-out, and its client may be watched. Both end in the
/// greenlet that serves.
struct Attended {
    Attended(Exchange& served, ServiceLog& log) : exchange{served} {
        const Timeouts& timeouts = timeouts_of(exchange);
        if (timeouts.request) limit.emplace(exchange, exchange.joined + *timeouts.request, log);
        if (timeouts.abandoned) exchange.watch_client(timeouts.abandoned);
        exchange.limit = &limit;
    }
    ~Attended() {
        exchange.limit = nullptr;
        exchange.end_watch();
    }
    Attended(const Attended&) = delete;
    Attended& operator=(const Attended&) = delete;

    Exchange& exchange;
    std::optional<RequestLimit> limit;
};

}  // namespace

WsgiHandler::Result WsgiHandler::run(Connection& connection) {
    Exchange& exchange = *connection.exchange;
    try {
        const Attended attended{exchange, log_};
        {
            Body body = application_(exchange.environ, exchange.start_response);
            if (!exchange.rest.send(body)) return {Fate::kLeft};
        }
        // The next request may be there already: then its answer leaves together with this one.
        if (!must_close(exchange) && exchange.body.complete() && reader_.scan_ahead(connection)) {
            exchange.owe_output();
        } else if (!exchange.rest.flush()) {
            return {Fate::kLeft};
        }
        return {};
    } catch (const ClientGone&) {
        return {Fate::kAbandoned, 503};
    } catch (const GreenletExit&) {  // thrown on by handle(), when the client has been told
        return {Fate::kKilled, 503, std::current_exception()};
    } catch (const RequestLimit::Passed&) {
        return {Fate::kTimedOut, 503};
    } catch (const ClientDisconnected&) {
        return {Fate::kDisconnected};
    } catch (const BadRequest& error) {
        return {Fate::kRefused, error.status(), std::current_exception()};
    } catch (const HttpError& error) {
        return thrown(exchange, error);
    } catch (const ClientLost&) {
        return {Fate::kClientGone};
    } catch (...) {  // whatever else an application throws is its failure, ints included
        return {Fate::kFailed, 500, std::current_exception()};
    }
}

// In its handler: nothing here waits for the client.
WsgiHandler::Result WsgiHandler::thrown(Exchange& exchange, const HttpError& error) {
    if (exchange.response.head_made()) return {Fate::kFailed, 500, std::current_exception()};
    if (!exchange.response.given_up()) exchange.response.replace(error);
    return {Fate::kThrown, error.status(), std::current_exception()};
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
    } const noted{note_, exchange};
    const Result result = run(connection);
    if (result.fate != Fate::kLeft) {
        struct Logged {
            ServiceLog& log;
            Exchange& exchange;
            ~Logged() {
                const SwitchedProtocol* const protocol = exchange.protocol;
                if (protocol == nullptr || !protocol->logs_itself()) log.answered(exchange);
            }
        } const logged{log_, exchange};  // also if a kill comes while the client is told
        if (result.fate != Fate::kAnswered) answer_for(exchange, result);
    }
    exchange.end_for_the_application();
    leave_mount_pool(exchange);
    if (result.fate == Fate::kLeft) return answers_.begin_sending(connection);
    settle(connection, result.fate, closing_);
    if (result.fate == Fate::kKilled) std::rethrow_exception(result.error);
}

// The application gave no answer, or not all of it.
void WsgiHandler::answer_for(Exchange& exchange, const Result& result) {
    if (result.fate == Fate::kFailed) log_.failed(exchange, result.error);
    const bool given_up = exchange.response.given_up();  // and told so
    if (result.fate == Fate::kTimedOut && !given_up) log_.timed_out(exchange);
    if (result.fate == Fate::kAbandoned) log_.abandoned(exchange);
    const bool thrown = result.fate == Fate::kThrown;  // its head and its text are in the output
    if (thrown || result.fate == Fate::kRefused) log_.refused_late(exchange, result.error);
    const bool nobody_there =
        result.fate == Fate::kDisconnected || result.fate == Fate::kClientGone;
    if (nobody_there || given_up || (exchange.response.head_made() && !thrown)) return;
    if (!thrown) exchange.response.replace(result.status);
    if (result.fate == Fate::kKilled) return;  // it does not wait for the client: see settle()
    try {
        exchange.flush();
    } catch (const ClientLost&) {  // told to nobody: the access line says what was to be said
    }
}

}  // namespace grove::http
