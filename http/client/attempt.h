// attempt.h - one request over one connection, up to the head of its answer.
//
// While the request is sent, the attempt looks for an answer that does not wait for its end (RFC 9112, section 9.5).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <grove/core/duration.h>
#include <grove/core/fd_wait.h>
#include <grove/http/body.h>
#include <grove/http/client_error.h>
#include <grove/http/headers.h>

#include "answer_framing.h"
#include "asked.h"
#include "outgoing_connection.h"
#include "turns.h"

namespace grove::http {

struct ClientOptions;

/// A final head, apart from the bytes that it came in.
struct ReceivedHead {
    AnswerHead head{};  ///< Without fields.
    Headers headers{};
};

/// Used once. Thread: the connection's. Fails by ClientError; the connection is of no use then.
class Attempt {
public:
    /// All must outlive it.
    Attempt(OutgoingConnection& connection, const ClientOptions& options, const Deadline& total,
            const Asked& asked, std::string_view upgrade);

    /// Sends until all is sent, or the answer's head has come. Calls a generator, and ends its wait when that head comes,
    /// the peer ends, or the whole time has passed.
    /// @param length  of a generator's body; nullopt: it is sent in chunks
    /// @throws std::length_error  the generator's pieces have another
    void send(std::string head, Body::Content& body, std::optional<std::uint64_t> length = {});
    /// Blocks until the answer's head is there.
    ReceivedHead receive_head();

    [[nodiscard]] bool wrote_nothing() const noexcept { return written_ == 0; }
    [[nodiscard]] bool heard_nothing() const noexcept { return !heard_; }
    [[nodiscard]] bool sent_all() const noexcept { return sent_all_; }
    [[nodiscard]] bool has_begun_body() const noexcept { return body_begun_; }
    [[nodiscard]] ClientError::Progress progress() const noexcept;

private:
    using Piece = std::optional<std::string>;  // of a generator; nullopt: its end

    bool send_file(const OpenFile& file);
    bool send_generated(const Body::Generator& generator, std::optional<std::uint64_t> length);
    bool send_chunks(const std::function<bool(Piece&)>& pull);
    bool send_exactly(std::uint64_t length, const std::function<bool(Piece&)>& pull);
    bool write(std::string_view bytes);
    bool write_broken(const std::string& why);
    void wait_until_ready();
    bool look();
    OutgoingConnection::Look peek();
    bool read_head();
    [[noreturn]] void late() const;
    [[noreturn]] void lost(const std::string& how) const;

    OutgoingConnection& connection_;
    const ClientOptions& options_;
    const Deadline& total_;
    const Asked& asked_;
    AnswerHeadReader reader_;
    Turns turns_{};
    std::optional<ReceivedHead> received_{};
    std::optional<FdWaiter> waiter_{};  // once the peer did not take all at once
    std::uint64_t written_ = 0;
    bool heard_ = false;
    bool sent_all_ = false;
    bool body_begun_ = false;  // a generator was called
};

}  // namespace grove::http
