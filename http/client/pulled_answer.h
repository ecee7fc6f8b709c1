// pulled_answer.h - an answer's body, pulled from its connection: out of its framing, and decoded.
#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <grove/core/duration.h>
#include <grove/http/client_error.h>
#include <grove/http/headers.h>

#include "answer_framing.h"
#include "asked.h"
#include "attempt.h"
#include "connection_keeper.h"
#include "content_decoder.h"
#include "turns.h"

namespace grove::http {

/// What an answer must know of its request.
struct AnswerTerms {
    Asked asked{};
    Deadline total{};
    Timespan body_time{};        ///< Without a byte.
    std::size_t head_bytes = 0;  ///< Of trailers.
    bool decodes = false;
    bool keeps = true;  ///< The connection can be used again after it, as far as the request goes.
};

/// ClientAnswer has the contract.
class PulledAnswer {
public:
    /// @throws ClientError, as for two content codings
    PulledAnswer(ConnectionKeeper::Lease lease, ReceivedHead head, AnswerTerms terms);
    ~PulledAnswer();
    PulledAnswer(const PulledAnswer&) = delete;
    PulledAnswer& operator=(const PulledAnswer&) = delete;

    [[nodiscard]] int status() const noexcept { return status_; }
    [[nodiscard]] const Headers& headers() const noexcept { return headers_; }
    [[nodiscard]] const Asked& asked() const noexcept { return terms_.asked; }
    [[nodiscard]] const std::string& url() const;
    [[nodiscard]] const Headers& trailers() const noexcept { return trailers_; }

    std::string read(std::ptrdiff_t n);
    std::string read_all(std::size_t limit);
    std::optional<std::string> next();
    Stream& upgrade();

private:
    template <class Reading>
    auto guarded(Reading&& reading);
    void choose_decoder();
    bool fill();
    void decode();
    void take_piece();
    void receive();
    void step();
    void settle();
    void drain();
    [[nodiscard]] std::size_t available() const noexcept { return pending_.size() - given_; }
    std::string give(std::size_t bytes);
    [[noreturn]] void fail(ClientError::Kind kind, const std::string& why) const;

    AnswerTerms terms_;
    ConnectionKeeper::Lease lease_;
    int status_;
    Headers headers_;
    Headers trailers_{};
    mutable std::string url_{};  // once somebody has asked for it
    bool keep_alive_;
    AnswerBodyReader body_;
    Turns turns_{};
    std::unique_ptr<ContentDecoder> decoder_{};
    bool is_coded_ = false;    // a byte has come for it: an empty body is in no coding
    bool owes_ = false;        // the decoder may have more without more input
    std::string coded_{};      // a piece as it came
    std::size_t decoded_ = 0;  // of coded_
    std::string pending_{};    // bytes that are ready
    std::size_t given_ = 0;    // of pending_
    std::exception_ptr failure_{};
    int unwinding_ = std::uncaught_exceptions();
};

}  // namespace grove::http
