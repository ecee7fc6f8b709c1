#include <grove/http/input.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "served_request.h"

namespace grove::http {
namespace {

[[gnu::cold, gnu::noinline, noreturn]] void refuse_late_read() {
    throw BadRequest{"the request that this input belongs to has ended"};
}

RequestBody& body_of(ServedRequest& request) {
    if (request.ended()) refuse_late_read();
    return request.body;
}

// What `take` took before it was interrupted by a time-out or a kill, the next read has.
template <class Take>
std::string gather(ServedRequest& request, Take take) {
    RequestBody& body = body_of(request);
    std::string bytes;
    try {
        take(body, bytes);
    } catch (...) {  // thrown on
        body.put_back(std::move(bytes));
        throw;
    }
    return bytes;
}

std::size_t as_bound(std::ptrdiff_t n) noexcept {
    return n < 0 ? std::numeric_limits<std::size_t>::max() : static_cast<std::size_t>(n);
}

}  // namespace

Input::Input(ServedRequest& request) noexcept : request_{&request} { request_->retain(); }
Input::Input(const Input& other) noexcept : Input{*other.request_} {}
Input& Input::operator=(Input other) noexcept {
    std::swap(request_, other.request_);
    return *this;
}
Input::~Input() { request_->release(); }

std::string Input::read(std::ptrdiff_t n) {
    return gather(*request_, [bound = as_bound(n)](RequestBody& body, std::string& read) {
        while (read.size() < bound) {
            if (body.much_is_due() && body.receive_behind(read, bound - read.size())) continue;
            const std::string_view piece = body.peek();
            if (piece.empty()) break;
            const std::size_t taken = std::min(piece.size(), bound - read.size());
            read.append(piece, 0, taken);
            body.take(taken);
        }
    });
}

std::string Input::read_some(std::size_t most) {
    return gather(*request_, [most](RequestBody& body, std::string& some) {
        if (most == 0) return;
        if (body.much_is_due() && body.receive_behind(some, most) && !some.empty()) return;
        const std::string_view piece = body.peek().substr(0, most);
        some = piece;
        body.take(piece.size());
    });
}

Headers Input::trailers() const { return body_of(*request_).trailers(); }

std::string Input::readline(std::ptrdiff_t n) {
    return gather(*request_, [bound = as_bound(n)](RequestBody& body, std::string& line) {
        while (line.size() < bound) {
            const std::string_view piece = body.peek().substr(0, bound - line.size());
            if (piece.empty()) break;
            const std::size_t end = piece.find('\n');
            const std::size_t taken = end == std::string_view::npos ? piece.size() : end + 1;
            line.append(piece, 0, taken);
            body.take(taken);
            if (end != std::string_view::npos) break;
        }
    });
}

std::string Input::read_all(std::size_t limit) {
    return gather(*request_, [limit](RequestBody& body, std::string& read) {
        for (;;) {
            if (body.much_is_due() && body.receive_behind(read, limit - read.size())) continue;
            const std::string_view piece = body.peek();
            if (piece.empty()) return;
            if (piece.size() > limit - read.size()) {
                read.clear();  // it is refused, and not to be read again
                throw PayloadTooLarge{"the body is larger than the " + std::to_string(limit) +
                                      " bytes asked for"};
            }
            read += piece;
            body.take(piece.size());
        }
    });
}

}  // namespace grove::http
