// What the outbox sends, a reader understands: every message, in order, and the newest pong.
#include <string>
#include <string_view>
#include <vector>

#include "fuzz.h"
#include "ws_reader.h"
#include "ws_writer.h"

namespace {

using namespace grove::fuzz;
using namespace grove::http;

/// Takes up to `most` bytes away.
void send(Outbox& outbox, std::size_t most, std::string& wire) {
    const std::string some{outbox.unsent().substr(0, most)};
    wire += some;
    if (!some.empty()) outbox.sent(some.size());
}

}  // namespace

GROVE_FUZZ_TARGET(ws_writer) {
    FuzzBytes input{data, size};
    Outbox outbox;
    std::string wire;
    std::string last_ping;
    std::vector<std::string> messages;
    for (int steps = 0; steps < 200 && !input.rest().empty(); ++steps) {
        const std::uint8_t step = input.byte();
        const std::size_t length = std::size_t{input.byte()} * ((step & 0x40U) != 0 ? 300U : 1U);
        switch (step % 3U) {
            case 0:
                messages.emplace_back(length, static_cast<char>(step));
                outbox.add(Opcode::kBinary, messages.back());
                break;
            case 1:
                last_ping.assign(length % (kMaxControl + 1), static_cast<char>(step));
                outbox.pong(last_ping);
                break;
            default:
                send(outbox, length, wire);
        }
    }
    while (!outbox.empty()) send(outbox, 1000, wire);

    WsReader reader{{.message_bytes = 100000}, Sender::kServer};
    std::string_view rest = wire;
    std::size_t read = 0;
    std::string pong;
    for (;;) {
        const WsReader::Event event = reader.next(rest);
        if (event == WsReader::Event::kNone) break;
        if (event == WsReader::Event::kPong) {
            pong = reader.payload();
            continue;
        }
        require(event == WsReader::Event::kMessage, "only what was added is sent");
        require(read < messages.size() && reader.take_message() == messages[read], "in order");
        ++read;
    }
    require(read == messages.size(), "every message is sent");
    require(pong == last_ping, "the newest ping is answered");
    return 0;
}
