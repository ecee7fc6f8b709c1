#include "event_text.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <stdexcept>

#include <grove/http/event_stream.h>

namespace grove::http {
namespace {

void check(std::string_view text, std::string_view forbidden, const char* what) {
    if (text.find_first_of(forbidden) != std::string_view::npos)
        throw std::invalid_argument{std::string{"ServerSentEvent: "} + what};
}

void add_field(std::string& text, std::string_view name, std::string_view value) {
    text.append(name).append(": ").append(value).append("\n");
}

void add_retry(std::string& text, Duration retry) {
    const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(retry);
    add_field(text, "retry", std::to_string(time.count()));
}

// Whichever way a line ends, a field of it ends with LF: a client takes all three for an end.
void add_data(std::string& text, std::string_view data) {
    std::size_t begin = 0;
    std::size_t cr = data.find('\r');
    std::size_t lf = data.find('\n');
    for (;;) {
        const std::size_t end = std::min(cr, lf);
        add_field(text, "data", data.substr(begin, end - begin));
        if (end == std::string_view::npos) return;
        begin = end + (cr == end && lf == end + 1 ? 2 : 1);
        if (cr < begin) cr = data.find('\r', begin);
        if (lf < begin) lf = data.find('\n', begin);
    }
}

}  // namespace

std::string event_text(const ServerSentEvent& event) {
    using namespace std::string_view_literals;
    check(event.event, "\r\n"sv, "CR or LF in the event's type");
    check(event.id, "\r\n\0"sv, "CR, LF or NUL in the event's id");
    if (event.retry && *event.retry < Duration::zero())
        throw std::invalid_argument{"ServerSentEvent: retry is negative"};

    std::string text;
    if (!event.event.empty()) add_field(text, "event", event.event);
    if (!event.id.empty()) add_field(text, "id", event.id);
    if (event.retry) add_retry(text, *event.retry);
    const bool has_more = !event.id.empty() || event.retry;
    if (!event.data.empty() || !event.event.empty() || !has_more) add_data(text, event.data);
    return text += '\n';
}

std::string last_word(Duration retry) {
    std::string text;
    add_retry(text, retry);
    return text += '\n';
}

}  // namespace grove::http
