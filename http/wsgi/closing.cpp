#include "closing.h"

#include <cerrno>
#include <chrono>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>

#include "exchange.h"
#include "exchange_pool.h"
#include "mount_terms.h"
#include "refusal.h"
#include "response_head.h"
#include "service_log.h"
#include "service_terms.h"
#include "wsgi_service.h"

namespace grove::http {
namespace {

constexpr Duration kLingerQuiet = std::chrono::seconds{1};
constexpr auto kLingerTime = std::chrono::seconds{5};

// The client has lingered for long enough.
void end_linger(Connection& connection) noexcept {
    connection.client().broken() ? connection.reset() : connection.close();
}

}  // namespace

Closing::Closing(const ServiceTerms& terms, ExchangePool& exchanges, ServiceLog& log)
    : terms_{terms},
      exchanges_{exchanges},
      log_{log},
      lingering_{kLingerQuiet, [](Connection& quiet) { end_linger(quiet); }},
      draining_{terms, [](const Timeouts& timeouts) { return timeouts.body; },
                [this](Connection& late) { linger(late); }},
      look_{get_hub(), [this] { look(); }},
      bury_{get_hub(), [this] { destroy_dead(); }} {}

Closing::~Closing() {
    destroy_dead();
    destroy_dead();
}

void Closing::close_all() noexcept {
    while (!lingering_.empty()) lingering_.front().close();
    while (!draining_.empty()) draining_.front().close();
}

void Closing::end_owing(Connection& connection) noexcept {
    if (connection.exchange != nullptr && !connection.exchange->output.empty()) {
        flush(connection);
    } else {
        connection.close();
    }
}

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
    connection.service().answers().send(connection);
}

void Closing::linger(Connection& connection) noexcept {
    ClientSocket& client = connection.client();
    connection.unlink();
    connection.drop_exchange();
    client.input().clear();
    client.finish();
    client.socket().shutdown_write();
    connection.watch_to_the_end();
    connection.set_state(Connection::State::kLingering);
    connection.linger_until = get_hub().instant_after(kLingerTime);
    lingering_.push_back(connection);
    // Not here: a handler's stack may be small, and its caller need not find the connection closed.
    if (!client.socket().drained()) look_again(connection);
}

void Closing::swallow(Connection& connection) noexcept {
    constexpr int kReadsAtOnce =
        16;  // then the others' turn: the next event comes only for new bytes
    ClientSocket& client = connection.client();
    char dropped[16384];
    for (int reads = 0; reads < kReadsAtOnce; ++reads) {
        const Socket::Outcome got = client.socket().try_recv(dropped);
        if (got == -EAGAIN) return;
        if (got == 0 && client.broken()) return;  // it may still read
        if (got <= 0 || get_hub().now() >= connection.linger_until) {
            end_linger(connection);
            return;
        }
        connection.unlink();
        lingering_.push_back(connection);
        if (client.socket().drained()) return;
    }
    look_again(connection);
}

void Closing::look_again(Connection& connection) {
    again_.push_back(&connection);
    look_.schedule();
}

void Closing::bury(Connection& connection, bool in_use) noexcept {
    connection.set_state(Connection::State::kDead);
    (in_use ? dead_in_use_ : dead_).push_back(&connection);
    bury_.schedule();
}

// The call may have been due before the last of them closed; whoever was woken by its client is due behind the call.
void Closing::destroy_dead() noexcept {
    for (Connection* connection : std::exchange(dead_, std::exchange(dead_in_use_, {}))) {
        std::erase(again_, connection);
        delete connection;
    }
    if (!dead_.empty()) bury_.schedule();
}

void Closing::look() noexcept {
    for (Connection* connection : std::exchange(again_, {})) connection->look_again();
}

}  // namespace grove::http
