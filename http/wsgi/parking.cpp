#include "parking.h"

#include "closing.h"
#include "refusal.h"
#include "service_terms.h"
#include "wsgi_service.h"

namespace grove::http {
namespace {

void expire_idle(Connection& connection) { connection.close(); }
void expire_head(Connection& connection) {
    connection.service().closing().refuse(connection,
                                          {408, "the request head did not arrive in time"});
}

}  // namespace

Parking::Parking(const ServiceTerms& terms, ConnectionLimit& limit)
    : limit_{limit},
      idle_{terms.timeouts.idle, expire_idle},
      heads_{terms.timeouts.header, expire_head} {}

void Parking::close_oldest_silent() noexcept {
    Connection& oldest = idle_.front();
    oldest.look();
    if (oldest.state() == Connection::State::kIdle) oldest.close();
}

void Parking::close_all() noexcept {
    for (auto* line : {&idle_, &heads_}) {
        while (!line->empty()) line->front().close();
    }
}

}  // namespace grove::http
