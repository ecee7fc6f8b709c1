#include "session.h"

#include <array>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include <grove/core/connect.h>
#include <grove/core/errors.h>
#include <grove/core/greenlet.h>
#include <grove/core/resolver.h>

namespace grove::redis {
namespace {

constexpr std::size_t kReadBytes = 16384;
constexpr std::size_t kWriteBytes = 1 << 18;

// Of a server that reads, or answers, slower than it is asked: see Connection.
constexpr std::size_t kMostUnsent = 64 << 20;
constexpr std::size_t kMostAwaited = 100'000;

std::exception_ptr gone(const std::string& why) {
    return std::make_exception_ptr(RedisError{"the connection to Redis is closed: " + why, false});
}

void append(std::string& out, const std::vector<std::string>& words) {
    out += '*' + std::to_string(words.size()) + "\r\n";
    for (const std::string& word : words) {
        out += '$' + std::to_string(word.size()) + "\r\n";
        out += word;
        out += "\r\n";
    }
}

std::string shown(const RedisUrl& url) {
    return url.path.empty() ? url.host + ":" + std::to_string(url.port) : "unix:" + url.path;
}

Stream connected(const RedisUrl& url, Timespan timeout) {
    if (!url.path.empty()) return connect(Address::unix_path(url.path), timeout);
    return connect(url.host, url.port, timeout);
}

}  // namespace

std::shared_ptr<Session> Session::open(const RedisUrl& url, Timespan timeout) {
    const Deadline deadline{timeout};
    std::shared_ptr<Session> session;
    try {
        session = std::make_shared<Session>(connected(url, timeout), shown(url));
    } catch (const SocketTimeout&) {
        throw Timeout{0, *timeout};
    }
    struct Unless {  // it throws: nobody else would end the greenlet that reads
        std::shared_ptr<Session> session;
        ~Unless() {
            if (session != nullptr) session->close();
        }
    } logged_in{session};
    session->begin();
    if (!url.password.empty()) {
        std::vector<std::string> words{"AUTH", url.password};
        if (!url.user.empty()) words.insert(words.begin() + 1, url.user);
        session->command(std::move(words), deadline.left());
    }
    if (!url.database.empty()) session->command({"SELECT", url.database}, deadline.left());
    session->own_ = {};
    logged_in.session = nullptr;
    return session;
}

void Session::tell(std::function<bool(const Reply&)> told, std::function<void()> ended) {
    told_ = std::move(told);
    ended_ = std::move(ended);
}

void Session::begin() {
    spawn([self = shared_from_this()] { self->read_answers(); });
}

std::vector<Session::Ticket> Session::send(const std::vector<std::vector<std::string>>& commands) {
    if (closed_) std::rethrow_exception(gone("it was used no more"));
    std::vector<Ticket> tickets;
    std::string bytes;
    for (const auto& words : commands) {
        if (words.empty()) throw std::invalid_argument{"a Redis command has at least one word"};
        append(bytes, words);
        tickets.push_back(std::make_shared<AsyncResult<Answer>>());
    }
    refuse_beyond_bounds(tickets.size(), bytes.size());
    if (!writing_ && !commands.empty()) {
        spawn([self = shared_from_this()] { self->write_commands(); });
        writing_ = true;
    }
    line_.insert(line_.end(), tickets.begin(), tickets.end());
    outbox_ += bytes;
    for (const auto& words : commands) own_.sent(words);
    return tickets;
}

// One call's commands are its own affair, as long as nothing waits before them.
void Session::refuse_beyond_bounds(std::size_t commands, std::size_t bytes) const {
    const auto refuse = [&](std::size_t many, std::size_t waiting, const char* what,
                            std::size_t most) {
        throw RedisError{"Redis at " + where_ + ": " + std::to_string(many) + " more " + what +
                             " are refused: " + std::to_string(waiting) + " wait already, and " +
                             std::to_string(most) + " may",
                         false};
    };
    const std::size_t unsent = outbox_.size() + leaving_;
    if (unsent != 0 && unsent + bytes > kMostUnsent)
        refuse(bytes, unsent, "bytes to send", kMostUnsent);
    if (!line_.empty() && line_.size() + commands > kMostAwaited)
        refuse(commands, line_.size(), "commands for a server that does not answer", kMostAwaited);
}

Reply Session::receive(const Ticket& ticket, Timespan timeout) {
    const Answer& answer = ticket->get(true, timeout);
    if (answer.error) throw RedisError{*answer.error};
    return answer.reply;
}

Reply Session::command(std::vector<std::string> words, Timespan timeout) {
    return receive(send({std::move(words)}).front(), timeout);
}

void Session::write_commands() {
    try {
        while (!outbox_.empty() && !closed_) {
            const std::string bytes = std::exchange(outbox_, {});
            for (std::string_view rest = bytes; !rest.empty();) {
                leaving_ = rest.size();
                const std::string_view piece = rest.substr(0, kWriteBytes);
                stream_.sendall(piece);
                rest.remove_prefix(piece.size());
            }
            leaving_ = 0;
        }
        writing_ = false;
    } catch (const std::system_error& error) {
        fail(gone(error.what()));
    }
}

void Session::read_answers() {
    try {
        std::array<char, kReadBytes> bytes;
        while (const std::size_t got = stream_.recv(bytes)) {
            reader_.feed({bytes.data(), got});
            take_answers();
            sleep();  // a server that always has more must not have the thread for itself
        }
        fail(gone("by the server"));
    } catch (const std::exception&) {
        fail(std::current_exception());
    }
}

void Session::take_answers() {
    while (std::optional<Answer> answer = reader_.next()) {
        if (told_ && told_(answer->reply)) continue;
        if (line_.empty()) throw RedisError{"an answer came that nobody had asked for", false};
        const Ticket ticket = std::move(line_.front());
        line_.pop_front();
        ticket->set(std::move(*answer));
    }
}

void Session::close() noexcept { fail(gone("by this program")); }

void Session::fail(std::exception_ptr error) noexcept {
    if (std::exchange(closed_, true)) return;
    stream_.close();
    for (const Ticket& ticket : std::exchange(line_, {})) ticket->set_exception(error);
    if (ended_) ended_();
}

}  // namespace grove::redis
