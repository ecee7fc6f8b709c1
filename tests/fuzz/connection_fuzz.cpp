// A connection as a whole: any bytes in any cuts, an application that does anything, a client that
// goes at any time. Nothing stays behind, and what is said is HTTP.
#include <functional>
#include <vector>

#include "fed_server.h"
#include "fuzz.h"
#include "odd_application.h"

using namespace grove::fuzz;

GROVE_FUZZ_TARGET(connection) {
    constexpr std::size_t kMostReads = 24;  // each costs polls of the hub
    static auto* const application = new OddApplication;
    static auto* const server = new FedServer{std::ref(*application), {.spawn = 2}};
    FuzzBytes input{data, size};
    const std::uint8_t ending = input.byte();
    const std::vector<std::uint8_t> steps{input.byte(), input.byte(), input.byte()};
    application->begin({input.byte(), input.byte(), input.byte()});

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
