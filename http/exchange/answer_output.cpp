#include "answer_output.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>

#include <sys/uio.h>

#include "client_socket.h"
#include "client_waits.h"
#include "client_watch.h"
#include "request_state.h"

namespace grove::http {
namespace {

constexpr std::size_t kGather = 16384;  // smaller pieces are copied into one send

iovec view(std::string_view bytes) noexcept {
    return {const_cast<char*>(bytes.data()), bytes.size()};
}

bool is_of_the_file(Socket::Outcome error) noexcept {
    return error == -EIO || error == -EINVAL || error == -EOVERFLOW;
}

}  // namespace

/// While one greenlet waits for the client, the output must stay as it is.
class AnswerOutput::BeingSent {
public:
    explicit BeingSent(RequestState& request) : flag_{request.being_sent_} {
        if (flag_) throw std::logic_error{"another greenlet is sending this response"};
        flag_ = true;
        request.owed_.cancel();
    }
    ~BeingSent() { flag_ = false; }
    BeingSent(const BeingSent&) = delete;
    BeingSent& operator=(const BeingSent&) = delete;

private:
    bool& flag_;
};

bool AnswerOutput::gathers(const RequestState& request, std::string_view piece) noexcept {
    return piece.size() < kGather &&
           request.output.size() + piece.size() < RequestState::kKeptOutput;
}

void AnswerOutput::send(RequestState& request, std::string_view piece) {
    if (gathers(request, piece)) {
        request.output += piece;
        return;
    }
    transmit(request, piece);
}

void AnswerOutput::flush(RequestState& request) {
    if (!request.output.empty()) transmit(request, {});
}

void AnswerOutput::flush_soon(RequestState& request) {
    if (request.output.size() >= kGather) return flush(request);
    request.owe_output();
    ClientWaits::give_way(*request.client);
}

// Behind what is owed. Apart: a function that has an array of its own guards its stack.
[[gnu::noinline]] void AnswerOutput::transmit(RequestState& request, std::string_view piece) {
    const BeingSent being_sent{request};
    std::array<iovec, 2> pieces{view(request.output), view(piece)};
    ClientWaits::send(request, std::span{pieces}.first(piece.empty() ? 1 : 2));
    request.output.clear();
}

[[gnu::cold]] void AnswerOutput::lose(RequestState& request, Socket::Outcome refused) {
    request.client->broken_ = true;
    if (request.watch != nullptr) request.watch->tell(ClientWatch::Gone::kBroken);
    throw ClientLost{static_cast<int>(-refused), std::generic_category(), "the client is gone"};
}

bool AnswerOutput::flush_some(RequestState& request) {
    while (!request.output.empty()) {
        ClientWaits::before_send(request, Sending::kMore);
        if (send_some(request, {}) < 0) return false;
    }
    return true;
}

Socket::Outcome AnswerOutput::send_some(RequestState& request, std::string_view piece) {
    request.owed_.cancel();
    std::string& output = request.output;
    ClientSocket& client = *request.client;
    const std::array<iovec, 2> pieces{view(output), view(piece)};
    const Socket::Outcome outcome =
        client.broken() ? -EPIPE : client.try_send(std::span{pieces}.first(piece.empty() ? 1 : 2));
    if (outcome == -EAGAIN) return outcome;
    if (outcome < 0) lose(request, outcome);
    const auto sent = static_cast<std::size_t>(outcome);
    request.pace.count_taken(sent);
    const std::size_t of_output = std::min(sent, output.size());
    of_output == output.size() ? output.clear() : static_cast<void>(output.erase(0, of_output));
    return static_cast<Socket::Outcome>(sent - of_output);
}

Socket::Outcome AnswerOutput::send_some_of(RequestState& request, int file, std::uint64_t offset,
                                           std::size_t bytes) {
    ClientSocket& client = *request.client;
    const Socket::Outcome outcome =
        client.broken() ? -EPIPE : client.try_send_file(file, offset, bytes);
    if (outcome == -EAGAIN) return outcome;
    if (is_of_the_file(outcome)) {
        client.broken_ = true;  // its answer is left in pieces
        throw std::system_error{static_cast<int>(-outcome), std::generic_category(), "sendfile"};
    }
    if (outcome < 0) lose(request, outcome);
    request.pace.count_taken(static_cast<std::size_t>(outcome));
    return outcome;
}

}  // namespace grove::http
