#include "served.h"

#include <cstddef>

#include <grove/core/greenlet.h>
#include <grove/core/hub.h>

#include "exchange.h"
#include "log_text.h"
#include "turn.h"

namespace grove::http {
namespace {

constexpr std::size_t kToldPath = 1024;  // bytes of a path that requests() tells

// @return its greenlet; 0: that has not begun
std::uint64_t served_by(const Connection& connection) noexcept {
    return connection.turn != nullptr ? connection.turn->greenlet() : 0;
}

}  // namespace

void add_request(std::vector<RequestInfo>& all, const Connection& connection,
                 std::uint64_t greenlet) {
    const Exchange* const exchange = connection.exchange;
    if (exchange == nullptr) return;
    all.push_back({.method = escaped(exchange->head.method),
                   .path = escaped(exchange->head.path.substr(0, kToldPath)),
                   .age = get_hub().now() - exchange->began,
                   .stream = exchange->head.stream,
                   .greenlet = greenlet});
}

bool is_served_by_caller(const Connection& connection) {
    return connection.turn != nullptr && connection.turn->greenlet() == getcurrent().id();
}

const Connection* Served::by(std::uint64_t greenlet) const noexcept {
    for (const Connection& connection : all_) {
        if (served_by(connection) == greenlet) return &connection;
    }
    return nullptr;
}

std::vector<RequestInfo> Served::requests() const {
    std::vector<RequestInfo> all;
    for (const Connection& connection : all_) add_request(all, connection, served_by(connection));
    return all;
}

// In a signal handler: reads what is there, and makes nothing but the request's id, if it has none yet.
bool Served::note(RequestNote& note) const noexcept {
    const Connection* const running = by(getcurrent().id());
    if (running == nullptr || running->exchange == nullptr) return false;
    Exchange& exchange = *running->exchange;
    note.blame(exchange.head.method, exchange.head.path);
    note.describe(exchange.request_id(), exchange.script_name(), exchange.head.stream);
    return true;
}

}  // namespace grove::http
