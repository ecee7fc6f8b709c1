// connection.h - one connection to a Redis server, which many greenlets share (RESP 2).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/core/duration.h>
#include <grove/redis/reply.h>

namespace grove::redis {

class Session;

/// Commands go out in the order of the calls, without a wait for the answers before; each caller
/// gets its own answer. A caller that is killed, or whose timeout passes, leaves its place to be:
/// the server may still run its command, the answer is dropped, and no other is affected. A command
/// that blocks in the server (BLPOP) holds up all behind it: it wants a connection of its own.
///
/// Behind a server that does not keep up, 64 MiB of commands wait to be sent, and 100,000 commands
/// (those of callers that are gone included) for their answers. A call that would make it more
/// throws RedisError, and nothing of it is sent; one that finds nothing waiting is never too large.
///
/// Movable; closed when destroyed, which never switches: calls under way throw RedisError. Thread:
/// its hub's.
class GROVE_EXPORT Connection {
public:
    /// Connects, and logs in and selects the database if the URL says so.
    /// @param url "redis://[[user]:password@]host[:port][/db]", "unix:/path"; %XX in user and
    /// password
    /// @throws std::invalid_argument for another text, which the message does not repeat;
    /// RedisError; Timeout (id 0); std::system_error if nobody is there
    static Connection open(const std::string& url, Timespan timeout = {});
    Connection(Connection&&) noexcept;
    Connection& operator=(Connection&&) noexcept;
    ~Connection();

    /// One command with its arguments, which may be any bytes: {"SET", "key", "value"}.
    /// @throws RedisError; Timeout (id 0); std::invalid_argument if it is empty, or one of those
    /// whose answers have no end (SUBSCRIBE and its like, MONITOR): see Subscription
    Reply command(std::vector<std::string> words, Timespan timeout = {});
    /// Several commands at once; `timeout` covers them all.
    /// @throws as command(); for a refused command, once all answers have come
    std::vector<Reply> pipeline(std::vector<std::vector<std::string>> commands,
                                Timespan timeout = {});
    /// The server has closed it, or its answers could not be read.
    [[nodiscard]] bool closed() const;
    /// Another may have it next: it is not closed(), awaits no answer (such as of a caller that is
    /// gone), has neither a MULTI without its EXEC nor a watched key, and no command has chosen
    /// another database, user or mode (SELECT, AUTH, CLIENT and their like). Asks the server
    /// nothing.
    [[nodiscard]] bool clean() const noexcept;

private:
    explicit Connection(std::shared_ptr<Session> session) noexcept;
    [[nodiscard]] Session& session() const;

    std::shared_ptr<Session> session_;  // shared with the greenlets that read and write
};

}  // namespace grove::redis
