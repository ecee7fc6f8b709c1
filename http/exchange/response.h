// response.h - one response: what start_response stored, how it is framed, what has been sent.
//
// Every byte of a response leaves through here. Small pieces gather in the request's output and leave in
// one send; large ones go beside it without a copy.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <grove/http/body.h>
#include <grove/http/headers.h>

#include "client_waits.h"
#include "request_state.h"
#include "response_fields.h"
#include "response_head.h"

namespace grove::http {

class HttpError;
class RequestBody;
class StartResponse;

class Response {
public:
    Response(RequestState& request, RequestBody& body) noexcept : request_{request}, body_{body} {}

    void begin() noexcept;

    /// start_response(). @throws as application.h says
    void start(std::string&& status, Headers&& headers, std::exception_ptr&& exc_info);
    /// PEP 3333's write(): the head, if it has not left, then the data.
    void write(std::string_view data);
    /// Sends what the application returned. Blocks while a generator makes its pieces, and to the end of a body that
    /// has on_close() functions; else goes as far as the client takes it. @return false: the client takes its time.
    /// What is left is in `body`, and AnswerRest goes on with it. @throws what a generator throws, ClientLost,
    /// std::logic_error if start_response was not called or a body came where there must be none
    [[nodiscard]] bool send(Body& body);
    /// The head of a 101 goes to the output. @throws std::logic_error if another status is given, or a head was made
    void begin_upgrade();
    /// The connection closes once the response is complete, whatever its head has said.
    void close_after() noexcept { close_ = true; }
    /// The server's own answer in place of the application's. @pre !head_made()
    void replace(int status);
    /// The answer that the application threw. It goes to the output, and does not block. @pre !head_made()
    void replace(const HttpError& error);

    /// The client was reset meanwhile: status() and body_bytes() say what it had been told.
    [[nodiscard]] bool given_up() const noexcept { return request_.answer.given_up(); }
    [[nodiscard]] bool head_made() const noexcept { return request_.answer.head_made; }
    /// The end of the body has been framed: the client can tell that it is complete.
    [[nodiscard]] bool complete() const noexcept { return complete_; }
    /// Its end is that of the connection: a client takes what was cut for the whole, unless it is reset.
    [[nodiscard]] bool ends_with_connection() const noexcept {
        return request_.answer.head_made && framing_ == Framing::kNone && !bodiless() &&
               !head_only();
    }
    /// The connection must close after it; so the head says, unless the need arose later.
    [[nodiscard]] bool close() const noexcept { return close_; }
    [[nodiscard]] int status() const noexcept { return request_.answer.status_told(); }
    [[nodiscard]] std::uint64_t body_bytes() const noexcept {
        return request_.answer.body_bytes_told();
    }

private:
    friend class AnswerRest;
    friend class StartResponse;

    /// start(), into memory that the response has.
    void start(std::string_view status, FieldViews headers);

    /// Of text, pieces or a file: at most one send, and then what can be gathered for the next one. Never blocks.
    /// @throws ClientLost; std::system_error: the file cannot be read. @pre the head is made
    Sending send_more(const Body::Content& content);
    /// @throws std::logic_error if it is not started, or a body follows that its status forbids
    void make_head(std::optional<std::uint64_t> known_length, bool body_follows);
    void refuse_second_start() const;
    void add_headers_of_mount();
    void choose_framing(std::optional<std::uint64_t> known_length);
    [[nodiscard]] bool must_close() const;
    [[nodiscard]] bool is_of_another_length(std::optional<std::uint64_t> known_length) const;
    [[nodiscard]] bool bodiless() const noexcept;
    [[nodiscard]] bool head_only() const noexcept;
    void refuse_body() const;
    void add(std::string_view piece);
    void refuse_second_sender() const;
    void finish();
    void all_is_made() noexcept;

    [[nodiscard]] bool may_have_trailers() const noexcept;
    void make_trailers(Body& body);
    void finish_with_trailers();
    void send_generated(const Body::Generator& generator);
    void add_soon(std::string_view data);
    void make_head_of(const Body::Content& content);
    std::string_view open_piece(std::string_view piece);
    Sending send_pieces(std::span<const std::string> pieces);
    Sending send_file(const OpenFile& file);
    Sending send_file_start(const OpenFile& file);
    Sending send_file_by_kernel(const OpenFile& file);
    Sending send_file_in_parts(const OpenFile& file);

    RequestState& request_;
    RequestBody& body_;
    bool started_ = false;
    bool complete_ = false;
    bool close_ = false;
    bool upgrades_ = false;
    bool cut_ = false;  // more came than Content-Length said
    bool has_trailers_ = false;
    Framing framing_ = Framing::kNone;
    std::string status_line_;
    Headers headers_;
    ResponseFields fields_;
    Headers trailers_;          // if it has_trailers_
    std::uint64_t left_ = 0;    // of a Content-Length
    struct Place {              // in text, pieces or a file
        std::size_t piece = 0;  // of a file: how it is sent
        std::uint64_t offset = 0;
        std::uint64_t end = 0;  // of this piece, or of the file; unequal to offset: a send is due
    } place_;
};

}  // namespace grove::http
