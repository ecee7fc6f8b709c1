// http2_client.h - a client that speaks HTTP/2 in a test: nghttp2's client session over a stream.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nghttp2/nghttp2.h>

#include <grove/core/duration.h>
#include <grove/core/stream.h>

namespace grove::test {

/// Sends nothing by itself but SETTINGS and what nghttp2 owes; receives while it waits for something.
class Http2Client {
public:
    using Fields = std::vector<std::pair<std::string, std::string>>;
    struct Options {
        std::uint32_t window = 65535;  ///< SETTINGS_INITIAL_WINDOW_SIZE
        bool opens_windows = true;     ///< As data comes.
        bool strict = true;            ///< nghttp2 refuses to send what breaks the protocol.
    };
    struct Answer {
        int status = 0;
        Fields fields{};
        std::string body{};
        std::vector<int> interim{};
        bool ended = false;                    ///< The answer is complete.
        std::optional<std::uint32_t> reset{};  ///< The code of the server's RST_STREAM.

        [[nodiscard]] std::string field(std::string_view name) const;
    };

    explicit Http2Client(Stream stream) : Http2Client{std::move(stream), Options{}} {}
    Http2Client(Stream stream, const Options& options);
    ~Http2Client();
    Http2Client(Http2Client&&) noexcept;

    /// @return the id of its stream
    std::int32_t request(const Fields& fields, std::optional<std::string> body = {});
    std::int32_t get(std::string_view path = "/", const Fields& more = {});
    std::int32_t post(std::string body, std::string_view path = "/", const Fields& more = {});
    /// The same with a body that is sent by send_data().
    std::int32_t open(const Fields& fields);
    void send_data(std::int32_t stream, std::string_view bytes, bool ends);
    void reset(std::int32_t stream, std::uint32_t code);
    void open_window(std::int32_t stream, std::int32_t bytes);
    void ping();
    /// Bytes as they are, behind what is due.
    void send_raw(std::string_view bytes);
    void flush();

    /// Receives until the answer has ended or was reset.
    Answer& answer(std::int32_t stream);
    /// The same until `done`, or the server closes, or nothing has come for so long. @return done()
    bool receive_until(const std::function<bool()>& done);
    [[nodiscard]] Answer& so_far(std::int32_t stream);
    /// Receives until the server closes. @return false: it does not
    bool at_end();

    std::vector<std::pair<std::int32_t, std::uint32_t>>
        go_aways{};                                     ///< The last stream, and the code.
    std::map<std::uint16_t, std::uint32_t> settings{};  ///< The server's.
    int pongs = 0;
    bool closed = false;

    [[nodiscard]] nghttp2_session* session() noexcept;
    [[nodiscard]] Stream& stream() noexcept;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// :method, :scheme, :authority and :path, and `more`.
Http2Client::Fields fields_of(std::string_view method, std::string_view path,
                              const Http2Client::Fields& more = {});

}  // namespace grove::test
