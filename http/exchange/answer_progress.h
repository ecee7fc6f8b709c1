// answer_progress.h - how far the answer to a request has come.
#pragma once

#include <cstdint>

namespace grove::http {

/// Response moves it on; a time-out that resets the client gives it up. Who waits for the client or reads from it looks
/// at it.
class AnswerProgress {
public:
    /// The client is reset: what it was told until now is what it was answered. If that is nothing: 503.
    void give_up() noexcept {
        given_up_ = true;
        status_told_ = head_made ? status : 503;
        body_bytes_told_ = body_bytes;
    }
    [[nodiscard]] bool given_up() const noexcept { return given_up_; }
    /// 0: it was told nothing.
    [[nodiscard]] int status_told() const noexcept {
        return given_up_ ? status_told_ : head_made ? status : 0;
    }
    [[nodiscard]] std::uint64_t body_bytes_told() const noexcept {
        return given_up_ ? body_bytes_told_ : body_bytes;
    }

    bool made = false;  // the application has returned, and made the last piece
    bool head_made = false;
    int status = 0;  // of start_response()
    std::uint64_t body_bytes = 0;

private:
    std::uint64_t body_bytes_told_ = 0;  // with the status: before the client was reset
    int status_told_ = 0;
    bool given_up_ = false;
};

}  // namespace grove::http
