// Frames mean the same however they are cut, and what is kept of them is bounded.
#include <string>
#include <string_view>
#include <vector>

#include "close_codes.h"
#include "fuzz.h"
#include "utf8.h"
#include "ws_reader.h"

namespace {

using namespace grove::fuzz;
using namespace grove::http;

struct Setting {
    ReaderLimits limits;
    Sender from;
    bool compressed;
};

void note_message(WsReader& reader, const Setting& setting, std::string& events) {
    const std::string message = reader.take_message();
    require(message.size() <=
                (reader.compressed() ? setting.limits.coded_bytes() : setting.limits.message_bytes),
            "a message is within its limit");
    require(setting.compressed || !reader.compressed(), "nothing is compressed unasked");
    if (!reader.binary() && !reader.compressed()) require(is_utf8(message), "text is UTF-8");
    events += (reader.binary() ? "b" : "t") + message;
}

std::string events_of(std::string_view bytes, const Setting& setting,
                      const std::vector<std::size_t>& reads) {
    WsReader reader{setting.limits, setting.from, setting.compressed};
    std::string events;
    std::size_t at = 0;
    bool over = false;
    for (const std::size_t end : reads) {
        std::string_view rest = bytes.substr(at, end - at);
        at = end;
        for (;;) {
            const WsReader::Event event = reader.next(rest);
            if (event == WsReader::Event::kNone) break;
            require(!over, "nothing comes after the end");
            over = event == WsReader::Event::kClose || event == WsReader::Event::kFailed;
            events += static_cast<char>('0' + static_cast<int>(event));
            if (event == WsReader::Event::kMessage) note_message(reader, setting, events);
            if (over) events += std::to_string(reader.close_code());
            if (event == WsReader::Event::kClose) {
                require(reader.close_code() == close_code::kNone ||
                            close_code::may_be_sent(reader.close_code()),
                        "a code is legal");
            }
            if (event != WsReader::Event::kMessage && event != WsReader::Event::kFailed) {
                require(reader.payload().size() <= kMaxControl, "a control is short");
                events += reader.payload();
            }
        }
        require(rest.empty(), "all is read");
        require(reader.buffered() <= setting.limits.coded_bytes(), "what is kept is bounded");
    }
    return events;
}

}  // namespace

GROVE_FUZZ_TARGET(ws_reader) {
    FuzzBytes input{data, size};
    const std::uint8_t choice = input.byte();
    const Setting setting{{.message_bytes = (choice & 1U) != 0 ? 20U : 70000U,
                           .frames = (choice & 2U) != 0 ? 2U : 100U},
                          (choice & 4U) != 0 ? Sender::kServer : Sender::kClient,
                          (choice & 8U) != 0};
    const std::vector<std::uint8_t> steps{input.byte(), input.byte(), input.byte()};
    const std::string_view bytes = input.rest();
    const std::string whole = events_of(bytes, setting, {bytes.size()});
    require(events_of(bytes, setting, cuts(bytes.size(), {1})) == whole, "bytes one by one");
    require(events_of(bytes, setting, cuts(bytes.size(), steps)) == whole, "cuts do not count");
    return 0;
}
