// subscription.h - what others PUBLISH, on a connection of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/core/duration.h>
#include <grove/redis/reply.h>

namespace grove::redis {

/// What PUBLISH sent.
struct Message {
    std::string channel{};  ///< Where it was sent.
    std::string text{};     ///< What was sent.
};

/// Movable; closed when destroyed. While 10,000 messages wait for next(), no more are read, and the
/// server keeps them or closes the connection, by its own bounds. Thread: its hub's.
class GROVE_EXPORT Subscription {
public:
    /// Returns when the server has confirmed every channel.
    /// @param url as Connection::open() takes it, which also says what is thrown
    static Subscription open(const std::string& url, std::vector<std::string> channels,
                             Timespan timeout = {});
    Subscription(Subscription&&) noexcept;
    Subscription& operator=(Subscription&&) noexcept;
    ~Subscription();

    /// The next message; blocks until there is one, at most `timeout`.
    /// @throws Timeout (id 0); RedisError if the connection is gone, and all that came was given
    Message next(Timespan timeout = {});
    /// Blocks until the server has confirmed it. Messages that come meanwhile wait for next(), also
    /// beyond the 10,000: the confirmation stands behind them.
    void subscribe(std::string channel);
    void unsubscribe(std::string channel);  ///< Likewise.

private:
    struct Parts;
    explicit Subscription(std::unique_ptr<Parts> parts) noexcept;

    std::unique_ptr<Parts> parts_;
};

}  // namespace grove::redis
