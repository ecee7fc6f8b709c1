// events - event streams: /clock tells the time (UTC) once a second, and /counter how often something was posted
// there, as soon as it is. Anything else is a page that shows both.
#include <chrono>
#include <cstddef>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>

#include <grove/plugin.h>
#include <grove/pool/group_scope.h>

namespace {

using namespace grove::http;
using namespace std::chrono_literals;

constexpr std::string_view kPage = R"(<!DOCTYPE html>
<meta charset="utf-8">
<title>Event streams</title>
<p>It is <output id="clock">…</output> UTC.
<p><button>Count</button> <output id="counter">…</output>
<script>
const at = name => location.pathname.replace(/\/$/, '') + '/' + name;
for (const output of document.querySelectorAll('output'))
  new EventSource(at(output.id)).onmessage = event => { output.textContent = event.data; };
document.querySelector('button').onclick = () => fetch(at('counter'), {method: 'POST'});
</script>
)";

std::string time_of_day() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    std::string text(sizeof "00:00:00", '\0');
    text.resize(std::strftime(text.data(), text.size(), "%H:%M:%S", &parts));
    return text;
}

// One greenlet: it sends, and waits for the next second, or the end.
Body tell_time(Environ& request, StartResponse& start_response) {
    EventStream events{request, start_response};
    while (events.send({.data = time_of_day()}) && events.wait(1s)) {
    }
    return {};
}

/// Of one worker: each counts for itself.
struct Counter {
    std::size_t count = 0;
    grove::Event changed{};

    void add() {
        ++count;
        changed.set();  // wakes all that wait
        changed.clear();
    }
};

// Two greenlets: one sends what is new, while the application's waits for the end.
Body tell_count(Counter& counter, Environ& request, StartResponse& start_response) {
    EventStream events{request, start_response};
    grove::GroupScope beside;
    beside.spawn([&] {
        for (std::size_t count = counter.count;; count = counter.count) {
            if (!events.send({.data = std::to_string(count)})) return;
            while (count == counter.count) counter.changed.wait();
        }
    });
    events.wait();
    beside.kill();
    return {};
}

Body add_one(Counter& counter, StartResponse& start_response) {
    counter.add();
    start_response("204 No Content", {});
    return {};
}

Application make_events(std::string_view) {
    return [counter = std::make_shared<Counter>()](Environ& request,
                                                   StartResponse& start_response) -> Body {
        const std::string_view path = request["PATH_INFO"];
        if (path == "/clock") return tell_time(request, start_response);
        if (path == "/counter" && request["REQUEST_METHOD"] == "POST")
            return add_one(*counter, start_response);
        if (path == "/counter") return tell_count(*counter, request, start_response);
        start_response("200 OK", {{"Content-Type", "text/html; charset=utf-8"}});
        return std::string{kPage};
    };
}

}  // namespace

GROVE_PLUGIN(events, "1.0", make_events);
