// Fetches the front page of many hosts, twenty at a time, and prints each as it comes.
//
//   fetch_hosts 127.0.0.1:8000 127.0.0.1:8001 …
//
// Without arguments it serves itself some hosts to fetch from, one of which refuses.
#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include <sys/socket.h>

#include <grove/core.h>
#include <grove/pool.h>

using namespace std::chrono_literals;

namespace {

struct Page {
    std::string host;
    std::string text;
    std::string error;
};

// Runs in a greenlet of the pool. What goes wrong with one host is part of its result.
Page fetch(const grove::Address& host) {
    Page page{.host = host.text(), .text = {}, .error = {}};
    try {
        grove::Stream stream = grove::connect(host, 2s);
        stream.sendall("GET / HTTP/1.0\r\nHost: " + page.host + "\r\n\r\n", 2s);
        std::array<char, 4096> buffer{};
        while (const std::size_t got = stream.recv(buffer, 2s))
            page.text.append(buffer.data(), got);
    } catch (const std::exception& error) {
        page.error = error.what();
    }
    return page;
}

// A host that answers every connection; it lives as long as its listener is kept.
void serve(int listener) {
    for (;;) {
        grove::wait_readable(listener);
        grove::FileDescriptor client{
            ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
        if (!client) continue;
        grove::Stream stream{std::make_unique<grove::Socket>(std::move(client))};
        std::array<char, 1024> request{};
        stream.recv(request, 1s);
        stream.sendall("HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n");
    }
}

grove::Address parse(const std::string& text) {
    const auto colon = text.rfind(':');
    return grove::Address::ip(text.substr(0, colon),
                              static_cast<std::uint16_t>(std::stoi(text.substr(colon + 1))));
}

}  // namespace

int main(int count, char** arguments) {
    std::vector<grove::Address> hosts;
    for (int i = 1; i < count; ++i) hosts.push_back(parse(arguments[i]));

    std::vector<grove::FileDescriptor> listeners;
    grove::Group servers;
    const bool serves_itself = hosts.empty();
    if (serves_itself) {
        for (int i = 0; i < 50; ++i) {
            listeners.push_back(grove::listen_on(grove::Address::ip("127.0.0.1", 0)));
            hosts.push_back(grove::Address::local_of(listeners.back().get()));
            servers.spawn(serve, listeners.back().get());
        }
        hosts.push_back(grove::Address::ip("127.0.0.1", 1));  // nobody listens there
    }

    grove::Pool pool{20};
    int good = 0;
    int bad = 0;
    for (const Page& page : pool.imap_unordered(fetch, hosts)) {
        ++(page.error.empty() ? good : bad);
        std::printf("%s: %s\n", page.host.c_str(),
                    page.error.empty() ? page.text.substr(0, page.text.find('\r')).c_str()
                                       : page.error.c_str());
    }
    std::printf("%d answered, %d did not\n", good, bad);

    servers.kill();
    if (!serves_itself) return bad == 0 ? 0 : 1;
    return good == 50 && bad == 1 ? 0 : 1;
}
