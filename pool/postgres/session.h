// session.h - a connection of libpq's, driven without blocking the thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <grove/core/duration.h>
#include <grove/core/event.h>
#include <grove/core/fd_wait.h>
#include <grove/core/queue.h>
#include <grove/postgres/connection.h>

#include "cancel.h"
#include "libpq.h"

namespace grove::postgres {

/// Shared by the Connection and the greenlet that listens; whoever closes it leaves an object that
/// refuses every call.
class Connection::Session : public std::enable_shared_from_this<Session> {
public:
    /// @param connection logged in, and not blocking
    Session(ConnPtr connection, const CancelKey& key);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// One statement, to the end of its results. What throws in the middle ends the connection.
    /// @param limit when the server must have answered
    ResultPtr run(const std::string& sql, const Params& params = {}, const Deadline& limit = {});
    void copy_in(const std::string& sql, const std::function<std::optional<std::string>()>& pieces);
    void copy_out(const std::string& sql, const std::function<void(std::string_view)>& sink);
    Queue<Notification>& listen(const std::string& channel);

    /// Never switches; a statement that runs is cancelled, by a greenlet.
    void close() noexcept;
    [[nodiscard]] bool clean() const noexcept;
    [[nodiscard]] PGconn* get() const noexcept { return connection_.get(); }  // null: it is gone

    int depth = 0;  // of transactions

private:
    class Use;

    bool send(const std::string& sql, const Params& params);
    bool flush();  ///< False: it had to wait, and may have read.
    Ready wait(Ready interest, Ready (FdWaiter::*how)(Ready, Timespan) = &FdWaiter::wait);
    ResultPtr next_result(bool sent_at_once = false);
    /// To the last one. @return the first that is an error, or else the last
    ResultPtr rest_of_results(ResultPtr first);
    ResultPtr begin_copy(Use& use, const std::string& sql, ExecStatusType wanted);
    void put(const std::string& piece);
    /// @throws PostgresError if the statement failed
    void finish(Use& use, const PGresult* result);
    [[noreturn]] void fail();
    void read_notifications();
    void take_notifications();

    ConnPtr connection_;
    CancelKey key_;
    FdWaiter waiter_;
    bool busy_ = false;
    Deadline limit_{};  // of the statement under way
    Event unused_;      // not busy: the greenlet that listens may read
    std::optional<FdWaiter> listening_{};
    std::optional<Queue<Notification>> notifications_{};
};

}  // namespace grove::postgres
