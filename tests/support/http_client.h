// http_client.h - a scripted HTTP client that runs in a greenlet of the server's own hub.
//
// It sends bytes exactly as told, and reads what comes strictly: what is no response throws. Nothing waits
// longer than kPatience.
#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <grove/core/address.h>
#include <grove/core/stream.h>

#include "patience.h"

namespace grove::test {

/// The bytes are no HTTP response, or end within one.
class BadAnswer : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct Answer {
    int status = 0;
    std::string reason{};
    std::vector<std::pair<std::string, std::string>> fields{};
    std::string body{};
    std::vector<std::string> chunks{};  ///< Of a chunked body, as they were framed.

    /// Values of all fields of that name, joined with ", "; "" if there is none.
    [[nodiscard]] std::string field(std::string_view lower_name) const;
    [[nodiscard]] bool has(std::string_view lower_name) const;
    [[nodiscard]] bool says_close() const { return field("connection") == "close"; }
};

class Client {
public:
    explicit Client(const Address& server);
    explicit Client(Stream stream)
        : stream_{std::move(stream)} {}  ///< Connected, over TLS perhaps.
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    Client(Client&&) = default;

    void send(std::string_view bytes);
    /// In pieces, each of which the server has had the time to read before the next comes.
    void send_cut_at(std::string_view bytes, std::size_t first);
    void send_byte_by_byte(std::string_view bytes);
    void finish_sending() { stream_.shutdown_write(); }

    /// One response, also an interim one. @param to_head it answers a HEAD request: no body follows
    Answer answer(bool to_head = false);
    /// Status and body of the next response, as "200 hello".
    std::string brief();
    /// All that comes until the server closes; a reset throws std::system_error.
    std::string read_to_end();
    /// Nothing more came, and the server has closed.
    bool at_end();
    /// Has nothing to read now, and is not closed.
    bool silent();

    void close() { stream_.close(); }
    void reset();  ///< Closes so that the server sees a connection reset.
    Stream& stream() noexcept { return stream_; }

private:
    bool receive();
    std::string line();
    std::string take(std::size_t count);
    void read_chunks(Answer& answer);

    Stream stream_;
    std::string received_;
};

/// Lets the hub poll and serve what is there, a few times over.
void let_the_hub_turn();

}  // namespace grove::test
