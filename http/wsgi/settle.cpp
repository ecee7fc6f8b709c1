#include "settle.h"

#include "client_end.h"
#include "closing.h"
#include "connection.h"
#include "exchange.h"
#include "service_terms.h"
#include "switched_protocol.h"

namespace grove::http {
namespace {

// The stream goes with its request: nothing may follow that the client would lose by its end.
void end_stream(Connection& connection, Fate fate, Closing& closing) {
    const Exchange& exchange = *connection.exchange;
    const bool goes =
        exchange.response.complete() && !is_in_use(exchange) && !connection.client().broken();
    if (goes && !exchange.output.empty() && fate != Fate::kKilled) return closing.flush(connection);
    // The client is told whether the application failed, or was not let go on.
    const bool cancels = fate != Fate::kAnswered && fate != Fate::kFailed;
    if (goes || !cancels) return connection.close();
    connection.reset();
}

// Apart: what looks at the socket guards its stack.
[[gnu::noinline]] void end(Connection& connection, Fate fate, Closing& closing) {
    const Exchange& exchange = *connection.exchange;
    if (exchange.head.http2()) return end_stream(connection, fate, closing);
    if (exchange.response.ends_with_connection() && !exchange.response.complete())
        return connection.reset();
    const bool in_use = is_in_use(exchange);
    if (connection.client().broken() && !in_use && fate != Fate::kKilled) {
        // Megabytes of it may be in the kernel's hands. Who was too slow gets a moment to take them; who took
        // nothing at all, none.
        fate == Fate::kTimedOut ? closing.linger(connection) : connection.reset();
        return;
    }
    if (connection.client().broken() || in_use) {
        connection.close();
        return;
    }
    if (!exchange.output.empty()) {  // also answers to requests before this one
        closing.flush(connection);
        return;
    }
    const bool may_lose_it = fate != Fate::kAnswered || !exchange.body.complete() ||
                             exchange.body.poisoned() || !connection.client().input().empty() ||
                             ClientEnd{connection.client()}.has_unread();
    may_lose_it ? closing.linger(connection) : connection.close();
}

}  // namespace

bool must_close(const Exchange& exchange) {
    return !exchange.response.complete() || exchange.response.close() || !exchange.terms.keeps() ||
           exchange.body.poisoned() || is_in_use(exchange) || exchange.client->broken();
}

void settle(Connection& connection, Fate fate, Closing& closing) {
    const Exchange& exchange = *connection.exchange;
    if (exchange.protocol != nullptr) {
        exchange.protocol->on_served(fate);
    } else if (exchange.upgraded ||  // with the stream, if the application has not moved it away
               exchange.response.given_up()) {
        connection.close();
    } else if (must_close(exchange)) {
        end(connection, fate, closing);
    } else {
        closing.finish_exchange(connection);
    }
}

}  // namespace grove::http
