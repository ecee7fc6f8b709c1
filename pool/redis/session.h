// session.h - a connection to Redis with its two greenlets: one reads answers, and one writes while
// there is something to write.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <grove/core/async_result.h>
#include <grove/core/duration.h>
#include <grove/core/stream.h>

#include "own_state.h"
#include "redis_url.h"
#include "reply_reader.h"

namespace grove::redis {

class Session : public std::enable_shared_from_this<Session> {
public:
    /// The place of a command's answer in the line; kept in it by the session alone once its caller
    /// has gone.
    using Ticket = std::shared_ptr<AsyncResult<Answer>>;

    /// Connects and logs in. @throws as Connection::open()
    static std::shared_ptr<Session> open(const RedisUrl& url, Timespan timeout);
    /// @param where is named by errors
    Session(Stream stream, std::string where)
        : stream_{std::move(stream)}, where_{std::move(where)} {}
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Queues commands to be sent in one go. Never switches.
    /// @throws RedisError if it is closed, or too much waits already; std::invalid_argument
    std::vector<Ticket> send(const std::vector<std::vector<std::string>>& commands);
    /// Waits for an answer. @throws Timeout, RedisError
    static Reply receive(const Ticket& ticket, Timespan timeout);
    Reply command(std::vector<std::string> words, Timespan timeout);

    /// @param told has each answer first; true: that is no command's
    /// @param ended is called when the session is closed, whoever closes it. Must not block.
    void tell(std::function<bool(const Reply&)> told, std::function<void()> ended);

    void close() noexcept;  ///< All that wait get RedisError. Never switches.
    [[nodiscard]] bool closed() const noexcept { return closed_; }
    /// Neither closed nor in the middle of anything, and as open() has made it.
    [[nodiscard]] bool clean() const noexcept {
        return !closed_ && line_.empty() && !writing_ && own_.none();
    }

private:
    void begin();
    void refuse_beyond_bounds(std::size_t commands, std::size_t bytes) const;
    void read_answers();
    void take_answers();
    void write_commands();
    void fail(std::exception_ptr error) noexcept;

    Stream stream_;
    std::string where_;
    ReplyReader reader_;
    OwnState own_;
    std::function<bool(const Reply&)> told_;
    std::function<void()> ended_;
    std::deque<Ticket> line_;
    std::string outbox_;
    std::size_t leaving_ = 0;  // bytes that were taken out of it and are not sent yet
    bool writing_ = false;
    bool closed_ = false;
};

}  // namespace grove::redis
