#include "in_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <system_error>

#include <sys/socket.h>

namespace grove::http {
namespace {

constexpr std::uint16_t kPeerPort = 49152;

void check_line(std::string_view text) {
    if (text.find_first_of(std::string_view{"\r\n\0", 3}) != std::string_view::npos)
        throw std::invalid_argument{"TestRequest: CR, LF or NUL in \"" + std::string{text} + '"'};
}

}  // namespace

std::pair<FileDescriptor, FileDescriptor> connected_pair() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0)
        throw std::system_error{errno, std::generic_category(), "socketpair"};
    return {FileDescriptor{ends[0]}, FileDescriptor{ends[1]}};
}

Address peer_of(const TestRequest& request) { return Address::ip(request.peer, kPeerPort); }

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

}  // namespace grove::http
