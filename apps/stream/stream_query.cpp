#include "stream_query.h"

#include <charconv>
#include <chrono>
#include <stdexcept>
#include <string>
#include <system_error>

namespace {

// @return false if `text` is not a number as a whole
template <class Number>
bool read_number(std::string_view text, Number& number) {
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    return error == std::errc{} && stopped == end;
}

std::size_t read_count(std::string_view key, std::string_view text, std::size_t least,
                       std::size_t most) {
    std::size_t count = 0;
    if (!read_number(text, count) || count < least || count > most) {
        throw std::invalid_argument{std::string{key} + " must be a whole number from " +
                                    std::to_string(least) + " to " + std::to_string(most)};
    }
    return count;
}

grove::Duration read_delay(std::string_view text) {
    double seconds = 0;
    // Stated so that "nan", which is a number to from_chars, fails too.
    if (!read_number(text, seconds) || !(seconds >= 0 && seconds <= StreamQuery::kLongestDelay))
        throw std::invalid_argument{"delay must be a number of seconds from 0 to 3600"};
    return std::chrono::duration_cast<grove::Duration>(std::chrono::duration<double>{seconds});
}

void read_pair(std::string_view key, std::string_view value, StreamQuery& query) {
    if (key == "chunks") {
        query.chunks = read_count(key, value, 0, StreamQuery::kMostChunks);
    } else if (key == "size") {
        query.bytes = read_count(key, value, 1, StreamQuery::kMostBytes);
    } else if (key == "delay") {
        query.delay = read_delay(value);
    } else {
        throw std::invalid_argument{"the query may hold chunks, size and delay, nothing else"};
    }
}

}  // namespace

StreamQuery StreamQuery::parse(std::string_view query) {
    StreamQuery result;
    std::string seen = "&";
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(pair.size() < query.size() ? pair.size() + 1 : pair.size());
        const std::size_t equals = pair.find('=');
        const std::string_view key = pair.substr(0, equals);
        const std::string_view value =
            equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
        if (seen.find(std::string{"&"}.append(key).append("&")) != std::string::npos)
            throw std::invalid_argument{std::string{key} + " stands twice in the query"};
        read_pair(key, value, result);
        seen.append(key).append("&");
    }
    return result;
}
