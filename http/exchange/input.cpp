#include <grove/http/input.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "exchange.h"

namespace grove::http {
namespace {

[[gnu::cold, gnu::noinline, noreturn]] void refuse_late_read() {
    throw BadRequest{"the request that this input belongs to has ended"};
}

RequestBody& body_of(Exchange& exchange) {
    if (exchange.ended()) refuse_late_read();
    return exchange.body;
}

std::size_t as_bound(std::ptrdiff_t n) noexcept {
    return n < 0 ? std::numeric_limits<std::size_t>::max() : static_cast<std::size_t>(n);
}

}  // namespace

BadRequest::~BadRequest() = default;
ClientDisconnected::~ClientDisconnected() = default;
PayloadTooLarge::~PayloadTooLarge() = default;

Input::Input(Exchange& exchange) noexcept : exchange_{&exchange} { exchange_->retain(); }
Input::Input(const Input& other) noexcept : Input{*other.exchange_} {}
Input& Input::operator=(Input other) noexcept {
    std::swap(exchange_, other.exchange_);
    return *this;
}
Input::~Input() { exchange_->release(); }

std::string Input::read(std::ptrdiff_t n) {
    RequestBody& body = body_of(*exchange_);
    std::string read;
    const std::size_t bound = as_bound(n);
    while (read.size() < bound) {
        const std::string_view piece = body.peek();
        if (piece.empty()) break;
        const std::size_t taken = std::min(piece.size(), bound - read.size());
        read.append(piece, 0, taken);
        body.take(taken);
    }
    return read;
}

std::string Input::readline(std::ptrdiff_t n) {
    RequestBody& body = body_of(*exchange_);
    std::string line;
    const std::size_t bound = as_bound(n);
    while (line.size() < bound) {
        const std::string_view piece = body.peek().substr(0, bound - line.size());
        if (piece.empty()) break;
        const std::size_t end = piece.find('\n');
        const std::size_t taken = end == std::string_view::npos ? piece.size() : end + 1;
        line.append(piece, 0, taken);
        body.take(taken);
        if (end != std::string_view::npos) break;
    }
    return line;
}

std::string Input::read_all(std::size_t limit) {
    RequestBody& body = body_of(*exchange_);
    std::string read;
    for (;;) {
        const std::string_view piece = body.peek();
        if (piece.empty()) return read;
        if (piece.size() > limit - read.size()) {
            throw PayloadTooLarge{"the body is larger than the " + std::to_string(limit) +
                                  " bytes asked for"};
        }
        read += piece;
        body.take(piece.size());
    }
}

}  // namespace grove::http
