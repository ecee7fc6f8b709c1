// request_body.h - a request's body, as its application reads it, or the server drops it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <grove/core/duration.h>

#include "body_framing.h"

namespace grove::http {

class ReceiveRoom;
class RequestState;

enum class Discarded : std::uint8_t { kAll, kMore, kTooMuch };

/// Reads from the request's client.
class RequestBody final : public BodyFraming {
public:
    explicit RequestBody(RequestState& request) noexcept : BodyFraming{request} {}

    /// At the start of a request whose head is known.
    void begin() noexcept;

    /// The next bytes of the body, valid until the next call; "" at the end. Blocks until there are some.
    /// @throws BadRequest, ClientDisconnected, PayloadTooLarge; after one of them every call throws
    std::string_view peek();
    /// What followed the body; none before its end was read. Blocks where a length has told of the end, and the stream has not.
    [[nodiscard]] Headers trailers();
    /// Done with the first `count` bytes that peek() gave.
    void take(std::size_t count) noexcept;
    /// Receives the next bytes straight behind `bytes`, at most `bound`, if none is here and many are wanted. Blocks and
    /// throws as peek() does. @return false: peek() and take() are the way. @pre much_is_due()
    bool receive_behind(std::string& bytes, std::size_t bound);
    /// They were taken last, and peek() gives them again; not if every call throws anyway.
    void put_back(std::string&& bytes) noexcept;

    /// Drops what is there of the rest, without blocking.
    Discarded discard();

    /// A greenlet that kept the Input is blocked in a read.
    [[nodiscard]] bool being_read() const noexcept { return readers_ != 0; }

private:
    Discarded discard_rest();
    void send_continue();
    void let_go_of_piece() noexcept;
    class Behind;
    std::size_t receive(ReceiveRoom* direct = nullptr);
    void check_rate(Duration waited);

    int readers_ = 0;
    std::string returned_;  // what piece_ views, if it was put back
    std::uint64_t received_ = 0;
    std::uint64_t discarded_ = 0;
    Duration waited_{};
};

}  // namespace grove::http
