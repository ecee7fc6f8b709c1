// A connection that speaks HTTP/2: frames in any order and any cuts, or bytes that are none; an application that does
// anything, a client that goes at any time. Nothing stays behind, and what is said is frames, in an order that a client
// may rely on. H2-082
#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fed_server.h"
#include "fuzz.h"
#include "odd_application.h"

using namespace grove::fuzz;
using namespace grove::http;
using namespace std::string_view_literals;

namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::size_t kMostFrame =
    16'384;  // what the server may send, as no client here allows more

enum Type : std::uint8_t {
    kData,
    kHeaders,
    kPriority,
    kReset,
    kSettings,
    kPush,
    kPing,
    kGoAway,
    kWindow,
    kContinuation
};
enum Flag : std::uint8_t { kEndStream = 1, kEndHeaders = 4 };

void append_frame(std::string& bytes, std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                  std::string_view payload) {
    bytes += '\0';
    bytes += static_cast<char>(payload.size() >> 8U);
    bytes += static_cast<char>(payload.size() & 0xffU);
    bytes += static_cast<char>(type);
    bytes += static_cast<char>(flags);
    for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes += static_cast<char>(stream >> shift);
    bytes += payload;
}

// Of HPACK's static table: method, http, "/" and "localhost", which joins the dynamic table; then what a kind adds.
constexpr std::array<std::string_view, 6> kHeads{
    "\x82\x86\x84\x41\x09localhost"sv,
    "\x83\x86\x84\x41\x09localhost"sv,
    "\x83\x86\x84\x41\x09localhost\x0f\x0d\x02"
    "10"sv,  // content-length: 10
    "\x83\x86\x84\x41\x09localhost\x0f\x14\x0c"
    "100-continue"sv,  // expect
    "\x82\x86\x84\x41\x09localhost\x40\x08priority\x05"
    "u=1,i"sv,
    "\x82\x86\x84\xbe"sv};  // what the first one put there

/// Bytes that say frames: each has a kind, flags, a stream, the length of its payload and the payload. Kinds from 0xe0
/// are requests whose head is whole, on the next stream.
std::string frames_of(FuzzBytes& input) {
    std::string bytes{kPreface};
    append_frame(bytes, kSettings, 0, 0, {});
    std::uint32_t next = 1;
    while (!input.rest().empty()) {
        const std::uint8_t kind = input.byte();
        const std::uint8_t flags = input.byte();
        if (kind >= 0xe0) {
            append_frame(bytes, kHeaders, kEndHeaders | (flags & kEndStream), next,
                         kHeads.at(kind % kHeads.size()));
            next += 2;
            continue;
        }
        const std::uint8_t stream = input.byte();
        const std::size_t size = std::min<std::size_t>(input.byte(), input.rest().size());
        const std::string payload{input.rest().substr(0, size)};
        for (std::size_t i = 0; i < size; ++i) input.byte();
        append_frame(bytes, kind % 20U, flags, stream % 32U, payload);
    }
    return bytes;
}

/// What the server says: each frame has a known type, a length that the client allows, and a stream of its kind; no
/// stream goes on after its end.
void require_frames(std::string_view said) {
    std::map<std::uint32_t, bool> ended;
    std::uint32_t open_head = 0;
    for (bool first = true; said.size() >= 9; first = false) {
        const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(said[at]); };
        const std::size_t size = std::size_t{byte(0)} << 16U | std::size_t{byte(1)} << 8U | byte(2);
        const std::uint8_t type = byte(3);
        const std::uint32_t stream = std::uint32_t{byte(5)} << 24U | std::uint32_t{byte(6)} << 16U |
                                     std::uint32_t{byte(7)} << 8U | byte(8);
        require(size <= kMostFrame, "a frame is not longer than the client allows");
        require(type <= kContinuation && type != kPush && type != kPriority,
                "a frame's type is known");
        if (first) require(type == kSettings && (byte(4) & 1U) == 0, "SETTINGS come first");
        if (open_head != 0)
            require(type == kContinuation && stream == open_head, "a head is not interrupted");
        if (type == kSettings || type == kPing || type == kGoAway) {
            require(stream == 0, "a frame of the connection has no stream");
        } else if (type != kWindow) {
            require(stream % 2 == 1, "a frame of a stream names the client's");
        }
        if (type == kData || type == kHeaders) {
            require(!ended[stream], "a stream does not go on after its end");
            ended[stream] = (byte(4) & kEndStream) != 0;
        }
        if (type == kReset) ended[stream] = true;
        if (type == kHeaders || type == kContinuation)
            open_head = (byte(4) & kEndHeaders) != 0 ? 0 : stream;
        said.remove_prefix(std::min(said.size(), 9 + size));
    }
}

}  // namespace

GROVE_FUZZ_TARGET(http2) {
    constexpr std::size_t kMostReads = 24;  // each costs polls of the hub
    static auto* const application = new OddApplication;
    static auto* const metrics = new ServerMetrics;
    static auto* const server = [] {
        WsgiOptions options{.spawn = 2};
        options.http2.emplace();
        options.h2c = true;
        options.metrics = metrics;
        return new FedServer{std::ref(*application), options};
    }();
    FuzzBytes input{data, size};
    const std::uint8_t ending = input.byte();
    const std::vector<std::uint8_t> steps{input.byte(), input.byte(), input.byte()};
    application->begin({input.byte(), input.byte(), input.byte()});
    const std::string bytes =
        ending % 8U < 4U ? frames_of(input) : std::string{kPreface}.append(input.rest());

    FedClient client{*server};
    client.send(bytes, cuts(bytes.size(), steps, kMostReads));
    if (ending % 4U != 0) {
        client.finish_sending();
        client.read_to_end();
    }
    require_frames(client.said());
    client.close();
    server->require_quiet();
    require(metrics->pool_in_use.value() == 0, "no slot is held");
    require(metrics->http2_connections.value() == 0, "the connection is counted no more");
    return 0;
}
