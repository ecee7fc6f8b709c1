// events - an event at once, and no other: the stream stays open, without a slot.
#include <optional>
#include <string>

#include <grove/core/event.h>
#include <grove/plugin.h>

namespace {

using namespace grove::http;

Body stream(Environ& environ, StartResponse& start_response) {
    environ.release_slot();
    start_response("200 OK", {{"Content-Type", "text/event-stream"}});
    return [told = false]() mutable -> std::optional<std::string> {
        if (told) grove::Event{}.wait();
        told = true;
        return "data: here\n\n";
    };
}

}  // namespace

GROVE_PLUGIN(events, "1.0", [](std::string_view) -> Application { return stream; });
