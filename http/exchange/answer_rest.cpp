#include "answer_rest.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include <sys/uio.h>

#include "client_socket.h"
#include "client_waits.h"
#include "client_watch.h"
#include "exchange.h"

namespace grove::http {
namespace {

bool is_of_the_file(Socket::Outcome error) noexcept {
    return error == -EIO || error == -EINVAL || error == -EOVERFLOW;
}

iovec view(std::string_view bytes) noexcept {
    return {const_cast<char*>(bytes.data()), bytes.size()};
}

}  // namespace

[[gnu::cold]] void AnswerRest::lose(Socket::Outcome refused) {
    exchange_.client->broken_ = true;
    if (exchange_.watch != nullptr) exchange_.watch->tell(ClientWatch::Gone::kBroken);
    throw ClientLost{static_cast<int>(-refused), std::generic_category(), "the client is gone"};
}

bool AnswerRest::flush() {
    while (!exchange_.output.empty()) {
        ClientWaits::before_send(exchange_, Sending::kMore);
        if (send_some({}) < 0) return false;
    }
    return true;
}

Socket::Outcome AnswerRest::send_some(std::string_view piece) {
    exchange_.owed_.cancel();
    std::string& output = exchange_.output;
    ClientSocket& client = *exchange_.client;
    const std::array<iovec, 2> pieces{view(output), view(piece)};
    const Socket::Outcome outcome =
        client.broken() ? -EPIPE : client.try_send(std::span{pieces}.first(piece.empty() ? 1 : 2));
    if (outcome == -EAGAIN) return outcome;
    if (outcome < 0) lose(outcome);
    const auto sent = static_cast<std::size_t>(outcome);
    exchange_.pace.count_taken(sent);
    const std::size_t of_output = std::min(sent, output.size());
    of_output == output.size() ? output.clear() : static_cast<void>(output.erase(0, of_output));
    return static_cast<Socket::Outcome>(sent - of_output);
}

Socket::Outcome AnswerRest::send_some_of(int file, std::uint64_t offset, std::size_t bytes) {
    ClientSocket& client = *exchange_.client;
    const Socket::Outcome outcome =
        client.broken() ? -EPIPE : client.try_send_file(file, offset, bytes);
    if (outcome == -EAGAIN) return outcome;
    if (is_of_the_file(outcome)) {
        client.broken_ = true;  // its answer is left in pieces
        throw std::system_error{static_cast<int>(-outcome), std::generic_category(), "sendfile"};
    }
    if (outcome < 0) lose(outcome);
    exchange_.pace.count_taken(static_cast<std::size_t>(outcome));
    return outcome;
}

void AnswerRest::leave(Body&& body) {
    if (exchange_.output.empty()) exchange_.output.shrink_to_fit();
    body_ = std::move(body);
}

Sending AnswerRest::send_more() {
    if (body_) {
        const Sending step = exchange_.response.send_more(body_->content());
        if (step != Sending::kAll) return step;
        body_.reset();
        return Sending::kMore;
    }
    if (exchange_.output.empty()) return Sending::kAll;
    if (send_some({}) < 0) return Sending::kFull;
    return exchange_.output.empty() ? Sending::kAll : Sending::kMore;
}

}  // namespace grove::http
