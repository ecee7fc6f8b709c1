#include "http_client.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <sys/socket.h>

#include <grove/core/connect.h>
#include <grove/core/detail/socket.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>

namespace grove::test {
namespace {

std::string lower(std::string_view text) {
    std::string lowered{text};
    std::transform(lowered.begin(), lowered.end(), lowered.begin(),
                   [](unsigned char byte) { return static_cast<char>(std::tolower(byte)); });
    return lowered;
}

bool has_no_body(int status) { return status < 200 || status == 204 || status == 304; }

}  // namespace

std::string Answer::field(std::string_view lower_name) const {
    std::string joined;
    for (const auto& [name, value] : fields) {
        if (lower(name) != lower_name) continue;
        if (!joined.empty()) joined += ", ";
        joined += value;
    }
    return joined;
}

bool Answer::has(std::string_view lower_name) const {
    return std::any_of(fields.begin(), fields.end(),
                       [&](const auto& field) { return lower(field.first) == lower_name; });
}

void let_the_hub_turn() {
    Hub& hub = get_hub();
    const std::uint64_t enough = hub.rounds() + 3;
    while (hub.rounds() < enough) sleep();
}

Client::Client(const Address& server) : stream_{connect(server, kPatience)} {}

void Client::send(std::string_view bytes) { stream_.sendall(bytes, kPatience); }

void Client::send_cut_at(std::string_view bytes, std::size_t first) {
    send(bytes.substr(0, first));
    let_the_hub_turn();
    send(bytes.substr(first));
}

void Client::send_byte_by_byte(std::string_view bytes) {
    for (const char byte : bytes) {
        send({&byte, 1});
        let_the_hub_turn();
    }
}

bool Client::receive() {
    std::array<char, 16384> buffer;
    const std::size_t got = stream_.recv(buffer, kPatience);
    received_.append(buffer.data(), got);
    return got != 0;
}

std::string Client::line() {
    std::size_t end = 0;
    while ((end = received_.find("\r\n")) == std::string::npos) {
        if (!receive()) throw BadAnswer{"the server closed within a line: \"" + received_ + "\""};
    }
    std::string line = received_.substr(0, end);
    received_.erase(0, end + 2);
    return line;
}

std::string Client::take(std::size_t count) {
    while (received_.size() < count) {
        if (!receive()) throw BadAnswer{"the server closed within a body: \"" + received_ + "\""};
    }
    std::string taken = received_.substr(0, count);
    received_.erase(0, count);
    return taken;
}

void Client::read_chunks(Answer& answer) {
    for (;;) {
        const std::size_t size = std::stoul(line(), nullptr, 16);
        if (size == 0) break;
        answer.chunks.push_back(take(size));
        answer.body += answer.chunks.back();
        if (take(2) != "\r\n") throw BadAnswer{"a chunk does not end with CRLF"};
    }
    if (!line().empty()) throw BadAnswer{"there are trailers"};
}

Answer Client::answer(bool to_head) {
    Answer answer;
    const std::string status_line = line();
    if (status_line.substr(0, 9) != "HTTP/1.1 " || status_line.size() < 13 ||
        status_line[12] != ' ')
        throw BadAnswer{"no status line: \"" + status_line + "\""};
    answer.status = std::stoi(status_line.substr(9, 3));
    answer.reason = status_line.substr(13);
    for (std::string field = line(); !field.empty(); field = line()) {
        const std::size_t colon = field.find(": ");
        if (colon == std::string::npos) throw BadAnswer{"no field: \"" + field + "\""};
        answer.fields.emplace_back(field.substr(0, colon), field.substr(colon + 2));
    }
    if (to_head || has_no_body(answer.status)) return answer;
    if (answer.has("transfer-encoding")) {
        if (answer.field("transfer-encoding") != "chunked" || answer.has("content-length"))
            throw BadAnswer{"the framing is not clear"};
        read_chunks(answer);
    } else if (answer.has("content-length")) {
        answer.body = take(std::stoul(answer.field("content-length")));
    } else if (answer.says_close()) {
        answer.body = read_to_end();
    } else {
        throw BadAnswer{"nothing tells where the body ends"};
    }
    return answer;
}

std::string Client::brief() {
    const Answer got = answer();
    return std::to_string(got.status) + " " + got.body;
}

std::string Client::read_to_end() {
    while (receive()) {
    }
    return std::exchange(received_, {});
}

bool Client::at_end() { return read_to_end().empty(); }

bool Client::silent() {
    let_the_hub_turn();
    if (!received_.empty()) return false;
    char byte = 0;
    return ::recv(stream_.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

void Client::reset() {
    const linger at_once{1, 0};
    ::setsockopt(stream_.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    stream_.close();
}

}  // namespace grove::test
