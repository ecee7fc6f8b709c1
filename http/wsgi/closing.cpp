#include "closing.h"

#include <ctime>
#include <string>
#include <string_view>
#include <utility>

#include "answer_line.h"
#include "exchange.h"
#include "exchange_pool.h"
#include "mount_terms.h"
#include "refusal.h"
#include "response_head.h"
#include "service_log.h"
#include "service_terms.h"

namespace grove::http {

Closing::Closing(const ServiceTerms& terms, ExchangePool& exchanges, ServiceLog& log,
                 Lingering& lingering, AnswerLine& answers)
    : terms_{terms},
      exchanges_{exchanges},
      log_{log},
      lingering_{lingering},
      answers_{answers},
      draining_{terms, [](const Timeouts& timeouts) { return timeouts.body; },
                [this](Connection& late) { linger(late); }} {}

void Closing::close_all() noexcept {
    while (!draining_.empty()) draining_.front().close();
}

void Closing::end_owing(Connection& connection) noexcept {
    if (connection.exchange != nullptr && !connection.exchange->output.empty()) {
        flush(connection);
    } else {
        connection.close();
    }
}

void Closing::finish_exchange(Connection& connection) {
    Exchange& exchange = *connection.exchange;
    switch (exchange.body.discard()) {
        case Discarded::kTooMuch:
            linger(connection);
            return;
        case Discarded::kMore:
            if (connection.state() == Connection::State::kDraining) return;
            drain(connection);
            return;
        case Discarded::kAll:
            connection.client().input().unpin();
            if (exchange.output.empty()) {
                connection
                    .drop_exchange();  // else its answer is owed: the next request goes on with it
            }
            return;
    }
}

// It is answered, and drops the rest of its body: for timeouts.body, then it lingers.
void Closing::drain(Connection& connection) {
    connection.watch_to_the_end();
    connection.unlink();
    connection.set_state(Connection::State::kDraining);
    draining_.push_back(connection);
}

void Closing::refuse(Connection& connection, Refusal refusal) {
    Exchange*& exchange = connection.exchange;
    const bool head_only = exchange != nullptr && exchange->head.method == "HEAD";
    std::string answer = exchange != nullptr ? std::exchange(exchange->output, {}) : std::string{};
    const bool tells_methods =
        refusal.status == 405 && exchange != nullptr && exchange->mount != nullptr;
    const std::string_view allow = tells_methods ? exchange->mount->allow : std::string_view{};
    RequestIds::Id made;
    std::string_view id;
    if (exchange != nullptr) {
        id = exchange->request_id();
    } else if (terms_.ids != nullptr) {
        made = terms_.ids->make();
        id = {made.data(), made.size()};
    }
    if (ClientStream* const stream = connection.client().stream()) {
        const SimpleAnswer simple{refusal.status, id, refusal.retry_after, allow};
        stream->answer(simple.head, head_only ? std::string_view{} : simple.body);
        log_.refused(connection.client(), exchange, refusal, id);
        return connection.close();
    }
    append_simple_response(answer, refusal.status, std::time(nullptr), head_only, id,
                           refusal.retry_after, allow);
    answer.erase(0, connection.client().send_some(answer));
    log_.refused(connection.client(), exchange, refusal, id);
    if (answer.empty()) {
        linger(connection);
        return;
    }
    if (exchange == nullptr) exchange = &exchanges_.take(connection.client(), connection, nullptr);
    exchange->output = std::move(answer);
    flush(connection);
}

void Closing::flush(Connection& connection) noexcept {
    if (connection.exchange->output.empty() || connection.client().broken())
        return linger(connection);
    connection.unlink();
    connection.set_state(Connection::State::kFlushing);
    connection.exchange->pace = {};
    answers_.send(connection);
}

}  // namespace grove::http
