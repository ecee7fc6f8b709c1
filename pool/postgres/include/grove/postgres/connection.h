// connection.h - one connection to a PostgreSQL server, over libpq, whose calls block the greenlet
// and never the thread.
//
// A call that is interrupted (a kill, a TimeoutGuard) in the middle of a statement closes the
// connection at once, and a greenlet asks the server to cancel the statement.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <grove/core/detail/export.h>
#include <grove/core/duration.h>
#include <grove/core/queue.h>
#include <grove/postgres/error.h>
#include <grove/postgres/param.h>
#include <grove/postgres/rows.h>

namespace grove::postgres {

/// What NOTIFY sent.
struct Notification {
    std::string channel{};  ///< Where it was sent.
    std::string payload{};  ///< What was sent; may be "".
    int pid = 0;            ///< Of the server's process that sent it.
};

/// Movable; closed when destroyed, which never switches: a call under way in another greenlet throws
/// PostgresError (08006). One greenlet at a time: a call while another greenlet's is under way
/// throws std::logic_error. Thread: its hub's.
class GROVE_EXPORT Connection {
public:
    /// Connects and logs in. Host names are looked up by grove's resolver.
    /// @param conninfo "host=… dbname=…" or "postgresql://…", as libpq takes it
    /// @throws PostgresError, Timeout (id 0), std::system_error for an unknown host,
    /// std::invalid_argument for a `conninfo` that libpq does not understand
    static Connection open(const std::string& conninfo, Timespan timeout = {});
    Connection(Connection&&) noexcept;
    Connection& operator=(Connection&&) noexcept;
    ~Connection();

    /// Runs one statement, with `params` for $1, $2 ...
    /// @throws PostgresError; std::invalid_argument for a NUL byte in `sql`; std::logic_error for a
    /// COPY, which ends the connection
    Rows query(const std::string& sql, const Params& params = {});
    /// The same, for a statement whose rows are of no interest. @return how many it has changed
    std::uint64_t execute(const std::string& sql, const Params& params = {});

    /// Calls `f` in a transaction: commits after it, rolls back if it throws anything, a kill too.
    /// Within another one: the same with a savepoint. @return what `f` returns
    /// @throws what `f` throws; PostgresError, such as of a failed commit
    template <class F>
    auto transaction(F&& f);

    /// "COPY … FROM STDIN": sends the pieces that `pieces` gives, until nullopt. If `pieces` throws
    /// a std::exception, the copy is cancelled, and that is thrown.
    /// @throws PostgresError; std::logic_error if `sql` is another statement
    void copy_in(const std::string& sql, const std::function<std::optional<std::string>()>& pieces);
    /// "COPY … TO STDOUT": `sink` is given each row's bytes. What `sink` throws ends the
    /// connection.
    void copy_out(const std::string& sql, const std::function<void(std::string_view)>& sink);

    /// LISTENs to a channel, whose name is taken as it is. The queue has the notifications of all
    /// channels; a greenlet of the connection's fills it, also between statements. It holds 10,000
    /// at most: then the oldest go. It is shut down when the connection is lost or destroyed; valid
    /// as long as the connection.
    Queue<Notification>& listen(const std::string& channel);

    /// No statement is under way, no transaction is open, nothing is listened to, and the server has
    /// closed nothing as far as is known: another may have it next. Never switches; asks the server
    /// nothing.
    [[nodiscard]] bool clean() const noexcept;
    /// clean(), and a look at the socket finds nothing there: neither its end nor bytes.
    [[nodiscard]] bool idle() const noexcept;
    /// The server's process that serves this connection; 0 once it is gone.
    [[nodiscard]] int backend_pid() const noexcept;

private:
    class Session;
    explicit Connection(std::shared_ptr<Session> session) noexcept;

    // Calls keep it while they wait, as the connection may be destroyed meanwhile.
    [[nodiscard]] std::shared_ptr<Session> session() const;
    [[nodiscard]] std::shared_ptr<Session> begin();
    static void commit(Session& session);
    static void roll_back(Session& session) noexcept;

    std::shared_ptr<Session> session_;  // shared with the greenlet that listens
};

template <class F>
auto Connection::transaction(F&& f) {
    using Result = std::invoke_result_t<F&>;
    const std::shared_ptr<Session> session = begin();
    std::exception_ptr error;
    try {
        if constexpr (std::is_void_v<Result>) {
            f();
            return commit(*session);
        } else {
            Result result = f();
            commit(*session);
            return result;
        }
    } catch (...) {
        error = std::current_exception();
    }
    roll_back(*session);  // out of the handler: it switches
    std::rethrow_exception(error);
}

}  // namespace grove::postgres
