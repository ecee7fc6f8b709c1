#include <grove/testing.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <sys/socket.h>

#include <grove/core/detail/socket.h>
#include <grove/core/greenlet.h>
#include <grove/core/shield.h>
#include <grove/core/stream.h>
#include <grove/http/wsgi_server.h>

#include "chunked.h"

namespace grove::http {
namespace {

constexpr std::uint16_t kPeerPort = 49152;

// A server that never listens: its one client is handed to it.
class InProcessServer final : public WsgiServer {
public:
    InProcessServer(Application application, WsgiOptions options)
        : WsgiServer{"127.0.0.1:0", std::move(application), std::move(options)} {}

    void take(FileDescriptor fd, const Address& peer) { accepted(std::move(fd), peer); }
    void finish() {
        closing();
        join_handlers({});
    }
    void abandon() {
        const Shield shield;
        closing();
        kill_handlers();
        join_handlers({});
    }
};

std::pair<FileDescriptor, FileDescriptor> connected_pair() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0)
        throw std::system_error{errno, std::generic_category(), "socketpair"};
    return {FileDescriptor{ends[0]}, FileDescriptor{ends[1]}};
}

void check_line(std::string_view text) {
    if (text.find_first_of(std::string_view{"\r\n\0", 3}) != std::string_view::npos)
        throw std::invalid_argument{"TestRequest: CR, LF or NUL in \"" + std::string{text} + '"'};
}

std::string request_bytes(const TestRequest& request) {
    check_line(request.method);
    check_line(request.target);
    std::string bytes = request.method + ' ' + request.target + " HTTP/1.1\r\n";
    for (const auto& [name, value] : request.headers) {
        check_line(name);
        check_line(value);
        bytes.append(name).append(": ").append(value).append("\r\n");
    }
    if (find(request.headers, "Host") == nullptr) bytes += "Host: localhost\r\n";
    const bool has_length = !request.body.empty() || request.method == "POST" ||
                            request.method == "PUT" || request.method == "PATCH";
    if (has_length && find(request.headers, "Transfer-Encoding") == nullptr &&
        find(request.headers, "Content-Length") == nullptr)
        bytes.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
    return bytes + "\r\n" + request.body;
}

// Sends what the server takes; it need not take all.
void send_request(Stream& client, const std::string& bytes) {
    try {
        client.sendall(bytes);
        client.shutdown_write();
    } catch (const std::system_error&) {  // the server has answered and gone: the answer tells
    }
}

std::string read_to_end(Stream& client) {
    std::string all;
    std::array<char, 16384> buffer;
    try {
        while (const std::size_t got = client.recv(buffer)) all.append(buffer.data(), got);
    } catch (const std::system_error&) {  // cut: `complete` tells
    }
    return all;
}

// Status line and fields of what is a head up to its empty line; they are the server's, so well-formed.
void read_head(std::string_view head, TestAnswer& answer) {
    answer.headers.clear();
    answer.status = 0;
    std::size_t end = head.find("\r\n");
    std::string_view line = head.substr(0, end);  // "HTTP/1.1 200 OK"
    std::from_chars(line.data() + 9, line.data() + std::min<std::size_t>(12, line.size()),
                    answer.status);
    answer.reason = line.substr(std::min<std::size_t>(13, line.size()));
    for (head.remove_prefix(end + 2); !head.empty(); head.remove_prefix(end + 2)) {
        end = head.find("\r\n");
        line = head.substr(0, end);
        const std::size_t colon = line.find(": ");
        if (colon == std::string_view::npos) break;
        answer.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    }
}

void read_chunked(std::string_view bytes, TestAnswer& answer) {
    constexpr Limits kNone{.body = Limits::kUnbounded};
    ChunkedDecoder decoder{kNone};
    while (!bytes.empty()) {
        const ChunkedResult result = decoder.feed(bytes);
        answer.body += result.data;
        if (result.state != ChunkedState::kMore) {
            answer.complete = result.state == ChunkedState::kDone;
            return;
        }
        bytes.remove_prefix(result.consumed);
    }
}

void read_answer(std::string_view bytes, bool to_head, TestAnswer& answer) {
    do {  // interim answers are passed over
        const std::size_t end = bytes.find("\r\n\r\n");
        if (end == std::string_view::npos) return;
        read_head(bytes.substr(0, end + 2), answer);
        bytes.remove_prefix(end + 4);
    } while (answer.status < 200 && answer.status != 101);
    const std::string* length = find(answer.headers, "Content-Length");
    if (to_head || answer.status == 204 || answer.status == 304) {
        answer.complete = true;
    } else if (find(answer.headers, "Transfer-Encoding") != nullptr) {
        read_chunked(bytes, answer);
    } else {
        answer.body = bytes;
        answer.complete = length == nullptr || std::to_string(bytes.size()) == *length;
    }
}

}  // namespace

std::string TestAnswer::header(std::string_view name) const {
    std::string joined;
    bool any = false;
    for (const auto& [field, value] : headers) {
        if (!iequals(field, name)) continue;
        joined.append(std::exchange(any, true) ? ", " : "").append(value);
    }
    return joined;
}

TestAnswer call(Application application, const TestRequest& request, WsgiOptions options) {
    const std::string bytes = request_bytes(request);
    const Address peer = Address::ip(request.peer, kPeerPort);
    TestAnswer answer;
    options.error_log = [&answer, also = std::move(options.error_log)](LogLevel level,
                                                                       std::string_view line) {
        answer.errors.emplace_back(line);
        if (also) also(level, line);
    };
    InProcessServer server{std::move(application), std::move(options)};
    auto [ours, theirs] = connected_pair();
    Stream client{std::make_unique<Socket>(std::move(ours))};
    server.take(std::move(theirs), peer);
    const Greenlet<void> sender = spawn([&client, &bytes] { send_request(client, bytes); });
    try {
        const std::string received = read_to_end(client);
        sender.join();
        server.finish();
        read_answer(received, request.method == "HEAD", answer);
    } catch (...) {
        const Shield shield;
        sender.kill();
        server.abandon();
        throw;
    }
    return answer;
}

}  // namespace grove::http
