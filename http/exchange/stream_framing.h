// stream_framing.h - where a request and its answer begin and end on a stream, which has no lengths and chunks among its
// bytes: Response and BodyFraming ask it.
#pragma once

#include <cstddef>
#include <string_view>

#include <grove/http/headers.h>

namespace grove::http {

struct ResponseHead;

/// Of a ClientStream. Never blocks, and may be called in the hub.
class StreamFraming {
public:
    /// The body has come to its end, and all of it was received here.
    [[nodiscard]] virtual bool finished() const noexcept = 0;

    /// The head of the answer. @param ends  there is no body
    virtual void head(const ResponseHead& head, bool ends) = 0;
    /// 100 (Continue).
    virtual void tell_to_continue() = 0;
    /// Fields that follow the body of the answer: before end_after().
    virtual void trailers(const Headers& fields) = 0;
    /// Those that followed the request's; none before it has finished().
    [[nodiscard]] virtual const Headers& trailers() const noexcept = 0;
    /// The answer is complete when so many further bytes have been sent.
    virtual void end_after(std::size_t bytes) noexcept = 0;
    /// The whole of an answer that the server gives itself: it waits for the client here.
    virtual void answer(const ResponseHead& head, std::string_view body) = 0;

protected:
    ~StreamFraming() = default;
};

}  // namespace grove::http
