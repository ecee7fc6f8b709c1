#include "scenario.h"

#include <cstddef>
#include <stdexcept>

namespace grove::bench {
namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n";
constexpr int kPipelined = 16;
constexpr int kFields = 20;
constexpr int kAtOnce = 32;

std::string get(std::string_view fields = {}) {
    return std::string{kGet}.append(fields).append("\r\n");
}

std::string post(std::size_t bytes) {
    std::string text = "POST / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nContent-Length: ";
    return text.append(std::to_string(bytes)).append("\r\n\r\n").append(bytes, 'x');
}

std::string browser() {
    return get(
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
        "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"
        "Accept-Language: en-GB,en;q=0.7\r\nAccept-Encoding: gzip, deflate, br\r\n"
        "Connection: keep-alive\r\nCookie: session=5f2c1d0e9b8a7c6d5e4f; theme=light\r\n"
        "Upgrade-Insecure-Requests: 1\r\nPriority: u=0, i\r\n");
}

std::string with_fields() {
    std::string fields;
    for (int i = 0; i < kFields; ++i)
        fields.append("X-Field-").append(std::to_string(10 + i)).append(": some value\r\n");
    return get(fields);
}

std::string pipelined() {
    std::string text;
    for (int i = 0; i < kPipelined; ++i) text += get();
    return text;
}

void append_number(std::string& out, std::uint32_t number, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(number >> (8 * i)));
}

std::string frame(char type, char flags, std::uint32_t stream, std::string_view payload = {}) {
    std::string out;
    append_number(out, static_cast<std::uint32_t>(payload.size()), 3);
    out.push_back(type);
    out.push_back(flags);
    append_number(out, stream, 4);
    return out.append(payload);
}

std::string http2_begin() {
    constexpr char kSettings = 4;
    constexpr char kAck = 1;
    return std::string{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}
        .append(frame(kSettings, 0, 0))
        .append(frame(kSettings, kAck, 0));
}

std::string item() { return "GET /items/42 HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n"; }

}  // namespace

std::vector<Scenario> scenarios() {
    constexpr std::size_t kKib = 1024;
    return {
        {.name = "bare", .request = get()},
        {.name = "browser", .request = browser()},
        {.name = "fields", .request = with_fields()},
        {.name = "post1k", .request = post(kKib)},
        {.name = "post64k", .request = post(64 * kKib)},
        {.name = "post1m", .request = post(kKib * kKib)},
        {.name = "pipelined", .request = pipelined(), .answers = kPipelined},
        {.name = "closed", .request = get("Connection: close\r\n"), .closes = true},
        {.name = "tls", .request = get()},
        {.name = "text16k", .request = get()},
        {.name = "generator", .request = get(), .last = "\r\n0\r\n\r\n"},
        {.name = "vector", .request = get()},
        {.name = "logged", .request = get()},
        {.name = "mounts", .request = get()},
        {.name = "static1k", .request = "GET /file HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n"},
        {.name = "by_hand", .request = item()},
        {.name = "routed", .request = item()},
        {.name = "limited", .request = get()},
        {.name = "http2", .request = http2_begin(), .answers = 1, .http2 = true},
        {.name = "http2x32", .request = http2_begin(), .answers = kAtOnce, .http2 = true},
    };
}

std::string http2_requests(std::uint32_t first, int count) {
    constexpr char kHeaders = 1;
    constexpr char kWindowUpdate = 8;
    constexpr char kWhole = 5;  // END_STREAM, END_HEADERS
    constexpr std::uint32_t kBytes = 4096;
    // GET, http, / by the static table; :authority as it is.
    constexpr std::string_view kHead =
        "\x82\x86\x84\x01\x0e"
        "127.0.0.1:8000";
    std::string text;
    for (int i = 0; i < count; ++i)
        text += frame(kHeaders, kWhole, 2 * (first + static_cast<std::uint32_t>(i)) + 1, kHead);
    std::string window;
    append_number(window, kBytes, 4);
    return text.append(frame(kWindowUpdate, 0, 0, window));
}

Scenario scenario(std::string_view name) {
    for (Scenario& one : scenarios()) {
        if (one.name == name) return std::move(one);
    }
    throw std::invalid_argument{"there is no scenario " + std::string{name}};
}

}  // namespace grove::bench
