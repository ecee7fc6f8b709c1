#include <grove/redis/connection.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "session.h"

namespace grove::redis {
namespace {

// After them the server sends whatever it likes, and no answer has a command any more.
constexpr std::array<std::string_view, 4> kEndless{"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE",
                                                   "MONITOR"};

void refuse_endless(const std::vector<std::string>& words) {
    if (words.empty()) return;
    std::string name = words.front();
    for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (std::find(kEndless.begin(), kEndless.end(), name) != kEndless.end()) {
        throw std::invalid_argument{
            name + " has no one answer; a Subscription has a connection of its own"};
    }
}

}  // namespace

Connection Connection::open(const std::string& url, Timespan timeout) {
    return Connection{Session::open(parse_redis_url(url), timeout)};
}

Connection::Connection(std::shared_ptr<Session> session) noexcept : session_{std::move(session)} {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&& other) noexcept {
    std::swap(session_, other.session_);
    return *this;
}
Connection::~Connection() {
    if (session_ != nullptr) session_->close();
}

Session& Connection::session() const {
    if (session_ == nullptr) throw RedisError{"the connection was moved away", false};
    return *session_;
}

Reply Connection::command(std::vector<std::string> words, Timespan timeout) {
    refuse_endless(words);
    return session().command(std::move(words), timeout);
}

std::vector<Reply> Connection::pipeline(std::vector<std::vector<std::string>> commands,
                                        Timespan timeout) {
    for (const auto& words : commands) refuse_endless(words);
    const Deadline deadline{timeout};
    std::vector<Reply> replies;
    std::optional<RedisError> refused;
    for (const Session::Ticket& ticket : session().send(commands)) {
        try {
            replies.push_back(Session::receive(ticket, deadline.left()));
        } catch (const RedisError& error) {
            if (!refused) refused = error;
        }
    }
    if (refused) throw *refused;
    return replies;
}

bool Connection::closed() const { return session_ == nullptr || session_->closed(); }
bool Connection::clean() const noexcept { return session_ != nullptr && session_->clean(); }

}  // namespace grove::redis
