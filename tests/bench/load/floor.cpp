// floor - what any server must pay: one receive, one answer from memory, a share of one epoll_wait.
//
//     floor PORT BODY_BYTES [close]
//
// It parses nothing: each end of a head is answered, whatever stands in it. "close": one answer a connection.
// Loopback only; for comparison, never for use.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

struct Client {
    std::size_t matched = 0;  // bytes of kHeadEnd at the end of what has come
    std::size_t owed = 0;     // bytes of answers not sent yet
};

struct Floor {
    std::string answer;
    bool close_after = false;
    int poll = -1;
    std::vector<Client> clients = std::vector<Client>(1 << 16);
    std::array<char, 65536> input{};

    void drop(int fd) {
        clients[static_cast<std::size_t>(fd)] = {};
        ::close(fd);
    }

    void send_owed(int fd, Client& client) {
        while (client.owed != 0) {
            const std::size_t at = (answer.size() - client.owed % answer.size()) % answer.size();
            const ssize_t sent =
                ::send(fd, answer.data() + at, answer.size() - at, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent < 0) return;  // the rest when the socket is writable
            client.owed -= static_cast<std::size_t>(sent);
        }
        if (close_after) drop(fd);
    }

    static std::size_t heads_in(Client& client, std::string_view bytes) {
        std::size_t heads = 0;
        for (std::size_t at = 0; at != bytes.size();) {
            if (client.matched == 0) {  // most bytes are passed by memchr
                const void* found = std::memchr(bytes.data() + at, '\r', bytes.size() - at);
                if (found == nullptr) return heads;
                at = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
            }
            if (bytes[at] == kHeadEnd[client.matched]) {
                ++at;
                if (++client.matched == kHeadEnd.size()) {
                    ++heads;
                    client.matched = 0;
                }
            } else {
                client.matched = 0;
            }
        }
        return heads;
    }

    void on_events(int fd, unsigned events) {
        Client& client = clients[static_cast<std::size_t>(fd)];
        if ((events & EPOLLOUT) != 0 && client.owed != 0) return send_owed(fd, client);
        for (;;) {
            const ssize_t got = ::recv(fd, input.data(), input.size(), MSG_DONTWAIT);
            if (got <= 0) {
                if (got == 0) drop(fd);
                return;
            }
            const auto size = static_cast<std::size_t>(got);
            if (const std::size_t heads = heads_in(client, {input.data(), size})) {
                client.owed += heads * answer.size();
                send_owed(fd, client);
                if (close_after) return;
            }
            if (size < input.size() && (events & EPOLLRDHUP) == 0) return;
        }
    }

    void accept_all(int listener) {
        for (;;) {
            const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (fd < 0) return;
            epoll_event event{};
            event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
            event.data.fd = fd;
            ::epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
        }
    }
};

std::string make_answer(std::size_t bytes, bool close_after) {
    std::string answer =
        "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Type: text/plain\r\n";
    answer.append("Content-Length: ").append(std::to_string(bytes)).append("\r\n");
    if (close_after) answer += "Connection: close\r\n";
    answer += "\r\n";
    return answer.append(bytes, 'x');
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::fputs("usage: floor PORT BODY_BYTES [close]\n", stderr);
        return 2;
    }
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    Floor floor;
    floor.close_after = argc > 3 && std::strcmp(argv[3], "close") == 0;
    floor.answer = make_answer(std::strtoul(argv[2], nullptr, 10), floor.close_after);

    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on,
                 sizeof on);  // what it accepts inherits it
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[1])));
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener, 4096) != 0) {
        std::perror("floor");
        return 1;
    }
    floor.poll = ::epoll_create1(EPOLL_CLOEXEC);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = listener;
    ::epoll_ctl(floor.poll, EPOLL_CTL_ADD, listener, &event);
    std::array<epoll_event, 512> events{};
    for (;;) {
        const int count =
            ::epoll_wait(floor.poll, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < count; ++i) {
            const epoll_event& now = events[static_cast<std::size_t>(i)];
            if (now.data.fd == listener) {
                floor.accept_all(listener);
            } else {
                floor.on_events(now.data.fd, now.events);
            }
        }
    }
}
