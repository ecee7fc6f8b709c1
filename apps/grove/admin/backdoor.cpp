#include "backdoor.h"

#include <chrono>
#include <exception>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

#include <grove/core/errors.h>
#include <grove/core/greenlet.h>
#include <grove/core/stream_reader.h>
#include <grove/core/wait.h>
#include <grove/http/listener.h>

#include "one_line.h"

using namespace grove;
using namespace grove::http;
using namespace std::chrono_literals;

namespace {

constexpr Duration kTimeToAsk = 10min;
constexpr Duration kTimeToRead = 10s;
constexpr Duration kTimeToRefuse = 1s;

std::string who_has(const Stream& client) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(client.fd(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return "a client";
    return "process " + std::to_string(peer.pid) + " of user " + std::to_string(peer.uid);
}

// What applications write may have come from a client of theirs, and is read on a terminal.
std::string text_of(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += one_line(line) + '\n';
    return text;
}

std::string_view without_end(std::string_view line) {
    const std::size_t last = line.find_last_not_of("\r\n");
    return line.substr(0, last + 1);  // npos + 1 is 0
}

/// As long as it lives.
class Counted {
public:
    explicit Counted(std::size_t& count) : count_{count} { ++count_; }
    ~Counted() { --count_; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

private:
    std::size_t& count_;
};

}  // namespace

Backdoor::Backdoor(const std::vector<int>& descriptors, BackdoorSight sight, ErrorLog log)
    : sight_{std::move(sight)}, log_{std::move(log)} {
    ServerOptions options;
    options.spawn = Spawn{2 * static_cast<int>(kMostClients)};  // half of them to be refused
    options.max_accept = 1;                                     // the listener is all workers'
    for (const int fd : descriptors) {
        servers_.push_back(std::make_unique<StreamServer>(
            Listener::bound(fd), [this](Stream& client, const Address&) { serve(client); },
            options));
        servers_.back()->start();
    }
}

void Backdoor::close() {
    for (const auto& server : servers_) {
        server->accept_queued();  // its listener may go
        server->close();
    }
}

void Backdoor::stop() {
    for (const auto& server : servers_) server->stop(Duration::zero());
}

void Backdoor::serve(Stream& client) {
    const Counted counted{clients_};
    const std::string who = who_has(client);
    try {
        if (clients_ > kMostClients) {
            const std::string why = std::to_string(kMostClients) + " clients are here already";
            log_(LogLevel::kWarn, "backdoor: " + who + " is refused: " + why);
            return client.sendall("error: " + why + '\n', kTimeToRefuse);
        }
        log_(LogLevel::kInfo, "backdoor: " + who + " has come");
        client.sendall("worker " + std::to_string(::getpid()) + ", \"help\" names the commands\n",
                       kTimeToRead);
        answer_lines(client, who);
        log_(LogLevel::kInfo, "backdoor: " + who + " has gone");
    } catch (const std::exception& error) {  // it is too slow, or has gone without reading
        log_(LogLevel::kInfo, "backdoor: " + who + " is dropped: " + error.what());
    }
}

void Backdoor::answer_lines(Stream& client, const std::string& who) {
    StreamReader reader{client, kMostLine};
    for (;;) {
        std::string read;
        try {
            read = reader.readline(kMostLine, kTimeToAsk);
        } catch (const std::length_error&) {
            client.sendall("error: a line has " + std::to_string(kMostLine) + " bytes at most\n",
                           kTimeToRead);
            throw;
        }
        const std::string_view line = without_end(read);
        if (read.empty() || line == "quit") return;
        if (!line.empty()) {
            log_(LogLevel::kInfo, "backdoor: " + who + " asks: " + one_line(line));
            client.sendall(text_of(backdoor_answer(line, sight_)), kTimeToRead);
        }
        sleep();  // whoever asks without pause must not have the thread for himself
    }
}
