#include <grove/testing.h>

#include <array>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include <grove/core/detail/socket.h>
#include <grove/core/greenlet.h>
#include <grove/core/shield.h>
#include <grove/core/stream.h>

#include "chunked.h"
#include "in_process.h"

namespace grove::http {
namespace {

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
    const Address peer = peer_of(request);
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
