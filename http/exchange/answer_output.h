// answer_output.h - sends what an answer has gathered: a request's output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <grove/core/detail/socket.h>

namespace grove::http {

class RequestState;

/// Sends to the request's client, which is not null. There are no objects: the output is the request's. All sends
/// throw ClientLost.
class AnswerOutput {
public:
    AnswerOutput() = delete;

    // ---- Wait for the client. @throws std::logic_error  while another greenlet waits here
    /// Sends the output and then `piece`; a small one is only added to the output.
    static void send(RequestState& request, std::string_view piece);
    /// send() would only add it to the output.
    [[nodiscard]] static bool gathers(const RequestState& request, std::string_view piece) noexcept;
    /// Sends the output.
    static void flush(RequestState& request);
    /// The same if there is enough for a send of its own; else it leaves with what follows, or when the greenlet
    /// blocks, whichever is first. Others may have their turn.
    static void flush_soon(RequestState& request);

    // ---- Do not wait for it.
    /// Sends the output as far as the client takes it; others may have their turn meanwhile.
    /// @return false: it takes no more now, and some is left
    [[nodiscard]] static bool flush_some(RequestState& request);
    /// One send of the output and then of `piece`, all of which must be given again if some is left. Never blocks; by
    /// the hub, too. @return bytes of `piece`; -EAGAIN: the client takes no more now
    static Socket::Outcome send_some(RequestState& request, std::string_view piece);
    /// The same of a file. 0: it ends at `offset`. @throws std::system_error: it cannot be read. @pre no output
    static Socket::Outcome send_some_of(RequestState& request, int file, std::uint64_t offset,
                                        std::size_t bytes);

private:
    class BeingSent;
    static void transmit(RequestState& request, std::string_view piece);
    [[noreturn]] static void lose(RequestState& request, Socket::Outcome refused);
};

}  // namespace grove::http
