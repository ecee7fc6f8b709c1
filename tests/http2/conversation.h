// conversation.h - a server's session of nghttp2 and a client of its own, without sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>

#include <nghttp2/nghttp2.h>

#include "shared_frame.h"

namespace grove::http {

/// The same calls with the same seed exchange the same bytes, whatever other conversations do.
class Conversation {
public:
    Conversation(SharedFrame& frame, unsigned seed);

    /// Asks for `body` bytes and for a field of `field` bytes; the request has one of `asked` bytes.
    void request(std::size_t body, std::size_t field = 0, std::size_t asked = 0);
    void ping();
    /// Some bytes go from the client to the server, and all that this has to say goes back.
    void step();
    /// Until nothing is on its way.
    void finish();

    /// Every byte that the server has sent.
    [[nodiscard]] const std::string& sent() const noexcept { return sent_; }
    /// What was answered completely and right.
    [[nodiscard]] std::size_t answered() const noexcept { return answered_; }
    [[nodiscard]] std::size_t pings_answered() const noexcept { return pings_answered_; }
    [[nodiscard]] std::mt19937& random() noexcept { return random_; }

private:
    struct Asked {
        std::size_t body = 0;
        std::size_t field = 0;
        std::size_t sent = 0;
        bool waits = false;
    };
    struct Got {
        std::string body{};
        std::size_t field = 0;
    };
    struct End {
        void operator()(nghttp2_session* session) const noexcept { nghttp2_session_del(session); }
    };
    using Session = std::unique_ptr<nghttp2_session, End>;

    void make_server();
    void make_client();
    void begin_answer(std::int32_t stream);
    ssize_t fill(std::int32_t stream, std::uint8_t* at, std::size_t room, std::uint32_t& flags);
    void check(std::int32_t stream);
    [[nodiscard]] char byte_at(std::int32_t stream, std::size_t at) const noexcept;
    bool drain_client();

    SharedFrame& frame_;
    const unsigned seed_;
    std::mt19937 random_;
    std::map<std::int32_t, Asked> asked_;     // as the server knows it
    std::map<std::int32_t, Asked> expected_;  // as the client does
    std::map<std::int32_t, Got> got_;
    std::string input_;  // from the client, on its way
    std::string sent_;
    std::size_t answered_ = 0;
    std::size_t pings_answered_ = 0;
    Session server_;
    Session client_;
};

}  // namespace grove::http
