#include "response_head.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstring>

#include <grove/http/status.h>

#include "ascii.h"
#include "date.h"

namespace grove::http {
namespace {

constexpr std::string_view kStatusVersion = "HTTP/1.1 ";
constexpr std::string_view kServer = "Server: ";
constexpr std::string_view kRequestId = "X-Request-Id: ";
constexpr std::string_view kDate = "Date: ";
constexpr std::string_view kLength = "Content-Length: ";
constexpr std::string_view kChunkedField = "Transfer-Encoding: chunked\r\n";
constexpr std::string_view kClose = "Connection: close\r\n";
constexpr std::string_view kKeepAlive = "Connection: keep-alive\r\n";
constexpr std::size_t kMostDigits = 20;
// Room for everything of the head whose size does not depend on the application.
constexpr std::size_t kOwnBytes = 256;
constexpr std::size_t kUsualRoom = 512;

/// Writes into room that was made large enough before: one check for a head, not one for every
/// piece.
class Cursor {
public:
    explicit Cursor(char* at) noexcept : at_{at} {}

    void put(std::string_view text) noexcept {
        std::memcpy(at_, text.data(), text.size());
        at_ += text.size();
    }

    void put(std::uint64_t number) noexcept {
        at_ = std::to_chars(at_, at_ + kMostDigits, number).ptr;
    }

    [[nodiscard]] const char* at() const noexcept { return at_; }

private:
    char* at_;
};

/// Whether the server writes this field itself. Compared only where validate_headers() has seen
/// one.
bool is_own_field(std::string_view name, const ResponseHead& head) noexcept {
    if (head.fields.has_content_length && matches(name, "content-length")) return true;
    return head.fields.has_connection && matches(name, "connection") &&
           !head.status.starts_with("101");
}

std::size_t room_for(const ResponseHead& head) noexcept {
    std::size_t room = kOwnBytes + head.status.size() + head.server.size() +
                       head.request_id.size() + head.keep_alive.size();
    if (head.headers == nullptr) return room;
    for (const auto& [name, value] : *head.headers) room += name.size() + value.size() + 4;
    return room;
}

void put_headers(Cursor& cursor, const ResponseHead& head) noexcept {
    if (head.headers == nullptr) return;
    for (const auto& [name, value] : *head.headers) {
        if (is_own_field(name, head)) continue;
        cursor.put(name);
        cursor.put(": ");
        cursor.put(value);
        cursor.put("\r\n");
    }
}

void put_own_fields(Cursor& cursor, const ResponseHead& head, std::time_t now) noexcept {
    if (!head.server.empty() && !head.fields.has_server) {
        cursor.put(kServer);
        cursor.put(head.server);
        cursor.put("\r\n");
    }
    if (!head.request_id.empty() && !head.fields.has_request_id) {
        cursor.put(kRequestId);
        cursor.put(head.request_id);
        cursor.put("\r\n");
    }
    if (!head.fields.has_date) {
        cursor.put(kDate);
        cursor.put(http_date(now));
        cursor.put("\r\n");
    }
    if (head.framing == Framing::kLength) {
        cursor.put(kLength);
        cursor.put(head.length);
        cursor.put("\r\n");
    } else if (head.framing == Framing::kChunked) {
        cursor.put(kChunkedField);
    }
    if (head.persistence == Persistence::kClose) cursor.put(kClose);
    if (head.persistence == Persistence::kKeepAlive) {
        cursor.put(kKeepAlive);
        if (!head.keep_alive.empty()) cursor.put(head.keep_alive);
    }
}

/// @return its end. @pre there is room_for() it
const char* put_head(char* room, const ResponseHead& head, std::time_t now) noexcept {
    Cursor cursor{room};
    cursor.put(kStatusVersion);
    cursor.put(head.status);
    if (head.status.size() == 3)
        cursor.put(" ");  // RFC 9112 section 4: the space stands without a phrase
    cursor.put("\r\n");
    put_headers(cursor, head);
    put_own_fields(cursor, head, now);
    cursor.put("\r\n");
    return cursor.at();
}

}  // namespace

std::string keep_alive_field(Timespan idle) {
    if (!idle) return {};
    const auto seconds = std::chrono::floor<std::chrono::seconds>(*idle).count();
    return "Keep-Alive: timeout=" + std::to_string(seconds) + "\r\n";
}

void append_response_head(std::string& out, const ResponseHead& head, std::time_t now) {
    const std::size_t room = room_for(head);
    std::array<char, kUsualRoom> usual;  // a string would be filled with zeros first
    const bool fits = room <= usual.size();
    const std::size_t begin = out.size();
    if (!fits) out.resize(begin + room);
    char* const at = fits ? usual.data() : out.data() + begin;
    const auto length = static_cast<std::size_t>(put_head(at, head, now) - at);
    fits ? out.append(at, length) : out.erase(begin + length);
}

SimpleAnswer::SimpleAnswer(int status, std::string_view request_id, int retry_after,
                           std::string_view allow)
    : body{reason_phrase(status)},
      line{std::to_string(status) + ' ' + std::string{body}},
      headers{{"Content-Type", "text/plain"}} {
    if (retry_after != 0) headers.emplace_back("Retry-After", std::to_string(retry_after));
    if (!allow.empty()) headers.emplace_back("Allow", allow);
    head.status = line;
    head.headers = &headers;
    head.framing = Framing::kLength;
    head.length = body.size();
    head.persistence = Persistence::kClose;
    head.request_id = request_id;
}

void append_simple_response(std::string& out, int status, std::time_t now, bool head_only,
                            std::string_view request_id, int retry_after, std::string_view allow) {
    const SimpleAnswer answer{status, request_id, retry_after, allow};
    append_response_head(out, answer.head, now);
    if (!head_only) out.append(answer.body);
}

std::string simple_response(int status, std::time_t now, bool head_only) {
    std::string response;
    append_simple_response(response, status, now, head_only);
    return response;
}

}  // namespace grove::http
