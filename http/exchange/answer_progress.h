// answer_progress.h - how far the answer to a request has come.
#pragma once

#include <cstdint>
#include <optional>

namespace grove::http {

/// Response alone moves it on. Who waits for the client, reads from it, or ends its request, looks at it.
struct AnswerProgress {
    bool made = false;  // the application has returned, and made the last piece
    bool head_made = false;
    int status = 0;  // of start_response()
    std::uint64_t body_bytes = 0;
    struct Told {
        int status;
        std::uint64_t body_bytes;
    };
    std::optional<Told> told{};  // before the client was reset

    /// The client is reset: what it was told until now is what it was answered. If that is nothing: 503.
    void give_up() noexcept { told = {head_made ? status : 503, body_bytes}; }
    [[nodiscard]] bool given_up() const noexcept { return told.has_value(); }
};

}  // namespace grove::http
