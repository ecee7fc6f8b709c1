// A connection as a whole: any bytes in any cuts, an application that does anything, a client that
// goes at any time. Nothing stays behind, and what is said is HTTP.
#include <optional>
#include <stdexcept>
#include <string>

#include "fed_server.h"
#include "fuzz.h"

namespace {

using namespace grove::fuzz;
using namespace grove::http;

std::vector<std::uint8_t> script;  // what the application does at each call
std::size_t calls = 0;
std::optional<Write> kept;  // a write() that outlives its request
std::optional<Input> kept_input;

Body generator(int pieces, bool throws) {
    return Body{[pieces, throws]() mutable -> std::optional<std::string> {
        if (pieces-- > 0) return std::string(static_cast<std::size_t>(pieces) * 700, 'g');
        if (throws) throw std::runtime_error{"a generator that fails"};
        return std::nullopt;
    }};
}

Body read_in_lines(Environ& environ, StartResponse& start) {
    std::string text;
    for (const std::string& line : environ.input()) text += std::to_string(line.size()) + " ";
    start("200 OK", {});
    return Body{std::move(text)};
}

Body write_late(StartResponse& start) {
    try {
        if (kept) (*kept)("late");
    } catch (const std::logic_error&) {  // its response has ended
    }
    try {
        if (kept_input) kept_input->read();
    } catch (const BadRequest&) {  // its request has ended
    }
    kept = start("200 OK", {});
    (*kept)("early ");
    return Body{"end"};
}

Body act(Environ& environ, StartResponse& start) {
    const std::uint8_t what = script.empty() ? 0 : script[calls++ % script.size()];
    switch (what % 16U) {
        case 0:
            start("200 OK", {});
            return Body{environ.input().read()};
        case 1:
            start("200 OK", {{"Content-Type", "text/plain"}});
            return Body{"unread"};
        case 2:
            throw std::runtime_error{"an application that fails"};
        case 3:
            start("200 OK", {});
            return generator(what / 16, false);
        case 4:
            start("200 OK", {});
            return generator(what / 16, true);
        case 5:
            environ.input().read(what / 16);
            start("200 OK", {{"Connection", "close"}});
            return Body{"some"};
        case 6:
            start("200 OK", {{"Content-Length", std::to_string(what / 16)}});
            return Body{"eight..."};
        case 7:
            return read_in_lines(environ, start);
        case 8:
            start("204 No Content", {});
            return Body{""};
        case 9:
            kept_input = environ.input();
            return write_late(start);
        case 10:
            start("200 OK", {});
            throw std::runtime_error{"a head that was not sent"};
        case 11:
            grove::sleep();
            environ.input().read(1);
            grove::sleep();
            start("200 OK", {});
            return generator(3, false);
        case 12: {
            const Write write = start("200 OK", {});
            write("sent");
            throw std::runtime_error{"too late for a 500"};
        }
        case 13:
            start("304 Not Modified", {});
            return Body{"not sent"};
        case 14:
            start("200 OK", {});
            return Body{std::string(std::size_t{what / 16U} * 9000U, 'x')};
        default:
            environ.input().read_all(20);
            start("200 OK", {});
            return generator(1, false).on_close([] {});
    }
}

}  // namespace

GROVE_FUZZ_TARGET(connection) {
    constexpr std::size_t kMostReads = 24;  // each costs polls of the hub
    static auto* const server = new FedServer{act, {.spawn = 2}};
    FuzzBytes input{data, size};
    const std::uint8_t ending = input.byte();
    const std::vector<std::uint8_t> steps{input.byte(), input.byte(), input.byte()};
    script = {input.byte(), input.byte(), input.byte()};
    calls = 0;

    FedClient client{*server};
    client.send(input.rest(), cuts(input.rest().size(), steps, kMostReads));
    if (ending % 4U != 0) {
        client.finish_sending();
        client.read_to_end();
    }
    require(client.said().empty() || client.said().starts_with("HTTP/1.1 "), "HTTP is spoken");
    client.close();
    server->require_quiet();
    return 0;
}
