#include <grove/http/application.h>

#include <stdexcept>
#include <utility>

#include "exchange.h"

namespace grove::http {

Write::Write(Exchange& exchange) noexcept : exchange_{&exchange} { exchange_->retain(); }
Write::Write(const Write& other) noexcept : Write{*other.exchange_} {}
Write& Write::operator=(Write other) noexcept {
    std::swap(exchange_, other.exchange_);
    return *this;
}
Write::~Write() { exchange_->release(); }

void Write::operator()(std::string_view data) const {
    if (exchange_->ended() || exchange_->response.complete()) {
        throw std::logic_error{"write: the response has ended"};
    }
    exchange_->response.write(data);
}

Write StartResponse::operator()(std::string status, Headers headers, std::exception_ptr exc_info) {
    exchange_.response.start(std::move(status), std::move(headers), std::move(exc_info));
    return Write{exchange_};
}

}  // namespace grove::http
