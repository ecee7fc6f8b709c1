// response.h - one response: what start_response stored, how it is framed, what has been sent.
//
// Every byte of a response leaves through here. Small pieces gather in the exchange's output and leave in
// one send; large ones go beside it without a copy.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include <grove/http/body.h>
#include <grove/http/headers.h>

#include "response_fields.h"
#include "response_head.h"

namespace grove::http {

class Exchange;

class Response {
public:
    explicit Response(Exchange& exchange) noexcept : exchange_{exchange} {}

    void begin() noexcept;

    /// start_response(). @throws as application.h says
    void start(std::string&& status, Headers&& headers, std::exception_ptr&& exc_info);
    /// PEP 3333's write(): the head, if it has not left, then the data.
    void write(std::string_view data);
    /// Sends what the application returned, to its end. Blocks. @throws what a generator throws, ClientGone,
    /// std::logic_error if start_response was not called or a body came where there must be none
    void send(Body& body);
    /// The head of a 101 goes to the output. @throws std::logic_error if another status is given, or a head was made
    void begin_upgrade();
    /// The server's own answer in place of the application's. @pre !head_made()
    void replace(int status);

    /// The client is reset: what it was told until now is what status() and body_bytes() say. If that is nothing: 503.
    void give_up() noexcept;
    [[nodiscard]] bool given_up() const noexcept { return told_.has_value(); }

    /// The application has returned, and made the last piece: what is left is the client's to take.
    [[nodiscard]] bool made() const noexcept { return made_; }
    [[nodiscard]] bool head_made() const noexcept { return head_made_; }
    /// The end of the body has been framed: the client can tell that it is complete.
    [[nodiscard]] bool complete() const noexcept { return complete_; }
    /// The connection must close after it; so the head says, unless the need arose later.
    [[nodiscard]] bool close() const noexcept { return close_; }
    [[nodiscard]] int status() const noexcept {
        return told_ ? told_->status : head_made_ ? status_ : 0;
    }
    [[nodiscard]] std::uint64_t body_bytes() const noexcept {
        return told_ ? told_->body_bytes : body_bytes_;
    }

private:
    /// @throws std::logic_error if it is not started, or a body follows that its status forbids
    void make_head(std::optional<std::uint64_t> known_length, bool body_follows);
    void add_headers_of_mount();
    void choose_framing(std::optional<std::uint64_t> known_length);
    [[nodiscard]] bool must_close() const;
    [[nodiscard]] bool is_of_another_length(std::optional<std::uint64_t> known_length) const;
    [[nodiscard]] bool bodiless() const noexcept;
    void refuse_body() const;
    void add(std::string_view piece);
    void refuse_second_sender() const;
    void finish();
    void all_is_made() noexcept;

    void send_text(std::string_view text);
    void send_pieces(const std::vector<std::string>& pieces);
    void send_file(const OpenFile& file);
    std::uint64_t send_file_start(const OpenFile& file);
    void send_file_by_kernel(const OpenFile& file, std::uint64_t sent);
    void send_generated(const Body::Generator& generator);

    Exchange& exchange_;
    bool started_ = false;
    bool head_made_ = false;
    bool complete_ = false;
    bool made_ = false;
    bool close_ = false;
    bool upgrades_ = false;
    bool cut_ = false;  // more came than Content-Length said
    int status_ = 0;
    std::string status_line_;
    Headers headers_;
    ResponseFields fields_;
    Framing framing_ = Framing::kNone;
    std::uint64_t left_ = 0;  // of a Content-Length
    std::uint64_t body_bytes_ = 0;
    struct Told {
        int status;
        std::uint64_t body_bytes;
    };
    std::optional<Told> told_;  // before the client was reset
};

}  // namespace grove::http
