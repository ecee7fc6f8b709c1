// client_answer.h - the answer to a Client's request: its head is there, and its body is pulled.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <grove/core/detail/export.h>
#include <grove/core/stream.h>
#include <grove/http/headers.h>

namespace grove::http {

class PulledAnswer;

/// Movable; a moved-from answer may only be destroyed or assigned to. It may outlive its Client.
/// Thread: the client's; one greenlet at a time.
///
/// The connection goes back to the client once the body's end was read. An answer that is destroyed
/// before that closes its connection, unless at most 64 KiB of the body are left and have come
/// already.
///
/// The calls that read throw ClientError: kTimeout, kClosed, kProtocol, kTooLarge. A kill, or a
/// Timeout of a TimeoutGuard, passes as it is. The connection is closed then, and after a failure
/// each later call throws it again (after a kill: kClosed).
class GROVE_EXPORT ClientAnswer {
public:
    /// For the client.
    explicit ClientAnswer(std::unique_ptr<PulledAnswer> answer) noexcept;
    ClientAnswer(ClientAnswer&& other) noexcept;
    ClientAnswer& operator=(ClientAnswer&& other) noexcept;
    ~ClientAnswer();  ///< Never switches.

    [[nodiscard]] int status() const noexcept;  ///< 200 to 999, or 101.
    /// As they came, in order. Where the body is decoded, without Content-Encoding and
    /// Content-Length.
    [[nodiscard]] const Headers& headers() const noexcept;
    /// The value of the first field of that name, in any case; "" if there is none.
    [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
    /// Where the answer comes from: after redirects, the last URL.
    [[nodiscard]] const std::string& url() const;
    /// What came behind a chunked body; empty until its end was read.
    [[nodiscard]] const Headers& trailers() const noexcept;

    /// Blocks until `n` bytes of the body are there. A negative `n` is unbounded: the whole rest,
    /// however large.
    /// @return `n` bytes; fewer only at the body's end
    std::string read(std::ptrdiff_t n = -1);
    /// Blocks until the whole rest is there.
    /// @throws ClientError (kTooLarge) if it has more than `limit` bytes, once they are decoded
    std::string read_all(std::size_t limit);
    /// Blocks until some bytes are there. @return a piece of at most 64 KiB; nullopt: the end
    std::optional<std::string> next();

    /// After a 101 that the request asked for by an Upgrade field: the connection, which now speaks
    /// the other protocol. It is the answer's, and closed with it.
    /// @throws std::logic_error after any other status
    Stream& upgrade();

private:
    std::unique_ptr<PulledAnswer> answer_;
};

}  // namespace grove::http
