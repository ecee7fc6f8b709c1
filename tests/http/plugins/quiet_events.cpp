// quiet_events - an event at once, and no other: the stream stays open, without a slot. That of /talking sends one a second.
#include <chrono>
#include <optional>
#include <string>

#include <grove/core/event.h>
#include <grove/core/hub.h>
#include <grove/plugin.h>

namespace {

using namespace grove::http;
using namespace std::chrono_literals;

[[gnu::noinline]] void wait_for_no_event() { grove::Event{}.wait(); }

Body stream(Environ& environ, StartResponse& start_response) {
    environ.release_slot();
    start_response("200 OK", {{"Content-Type", "text/event-stream"}});
    const bool talking = environ["PATH_INFO"] == "/talking";
    return [talking, told = false]() mutable -> std::optional<std::string> {
        if (told && !talking) wait_for_no_event();
        if (told) grove::sleep(1s);
        told = true;
        return "data: here\n\n";
    };
}

}  // namespace

GROVE_PLUGIN(quiet_events, "1.0", [](std::string_view) -> Application { return stream; });
