// answer_rest.h - sends of an answer that do not wait for its client, and what they leave for the hub.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <grove/core/detail/socket.h>
#include <grove/http/body.h>

namespace grove::http {

class Exchange;
enum class Sending : std::uint8_t;

/// Of one exchange. All sends throw ClientLost.
class AnswerRest {
public:
    explicit AnswerRest(Exchange& exchange) noexcept : exchange_{exchange} {}

    /// Sends the exchange's output as far as the client takes it; others may have their turn meanwhile.
    /// @return false: it takes no more now, and some is left
    [[nodiscard]] bool flush();

    // ---- Never block; by the hub, too.
    /// One send of the output and then of `piece`, all of which must be given again if some is left.
    /// @return bytes of `piece`; -EAGAIN: the client takes no more now
    Socket::Outcome send_some(std::string_view piece);
    /// The same of a file. 0: it ends at `offset`. @throws std::system_error: it cannot be read. @pre no output
    Socket::Outcome send_some_of(int file, std::uint64_t offset, std::size_t bytes);
    /// A body that the response has sent in part.
    void leave(Body&& body);
    /// One send of the output and of that body. @throws std::system_error: a file cannot be read
    Sending send_more();
    /// The exchange is over.
    void drop() noexcept { body_.reset(); }

private:
    [[noreturn]] void lose(Socket::Outcome refused);

    Exchange& exchange_;
    std::optional<Body> body_;
};

}  // namespace grove::http
