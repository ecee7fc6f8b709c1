// input.h - the request's body (wsgi.input of PEP 3333), read in pieces as they come.
//
// Thread and greenlet: the handler's. Reading blocks the greenlet until bytes come, at most
// timeouts.body each time. The framing (Content-Length or chunks) is taken off; nothing beyond the
// body is ever read.
#pragma once

#include <cstddef>
#include <iterator>
#include <string>

#include <grove/core/detail/export.h>
#include <grove/http/bad_request.h>  // IWYU pragma: export
#include <grove/http/headers.h>

namespace grove::http {

class ServedRequest;

/// If a TimeoutGuard or a kill interrupts a read, the next read gives the bytes that the
/// interrupted read already had.
/// After a framing error, and after the request has ended, every read throws BadRequest. Copies may
/// be kept longer than the request: they never touch the next request's bytes.
class GROVE_EXPORT Input {
public:
    class LineIterator;

    explicit Input(ServedRequest& request) noexcept;
    Input(const Input& other) noexcept;
    Input& operator=(Input other) noexcept;
    ~Input();

    /// Up to `n` bytes, fewer only at the end of the body; negative: all bytes left. "" at the end.
    /// @throws BadRequest, ClientDisconnected, PayloadTooLarge
    std::string read(std::ptrdiff_t n = -1);
    /// What has come, at most `most` bytes; blocks until there are some. "" at the end of the body, and
    /// if `most` is 0. @throws as read()
    std::string read_some(std::size_t most);
    /// Up to and including the next LF, or `n` bytes; the last line may lack its LF. "" at the end.
    std::string readline(std::ptrdiff_t n = -1);
    /// All bytes left. @throws PayloadTooLarge if they are more than `limit`
    std::string read_all(std::size_t limit);

    /// The fields that came behind the body; none until its end was read, and none if a TimeoutGuard
    /// or a kill has given bytes back. @throws BadRequest: the request has ended
    Headers trailers() const;

    /// The body's lines. begin() reads the first line.
    LineIterator begin();
    std::default_sentinel_t end() const noexcept { return {}; }  ///< The end of the body.

private:
    ServedRequest* request_;
};

/// Each step reads a line, which may block.
class Input::LineIterator {
public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = std::string;
    using difference_type = std::ptrdiff_t;

    LineIterator() = default;
    explicit LineIterator(Input& input) : input_{&input}, line_{input.readline()} {}
    const std::string& operator*() const noexcept { return line_; }  ///< With its LF.
    LineIterator& operator++() {
        line_ = input_->readline();
        return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const LineIterator& at, std::default_sentinel_t) noexcept {
        return at.line_.empty();
    }

private:
    Input* input_ = nullptr;
    std::string line_;
};

inline Input::LineIterator Input::begin() { return LineIterator{*this}; }

}  // namespace grove::http
