#include <grove/postgres/connection.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <new>
#include <vector>

#include <sys/socket.h>

#include <grove/core/errors.h>
#include <grove/core/shield.h>

#include "conninfo.h"
#include "result.h"
#include "session.h"

namespace grove::postgres {
namespace {

constexpr Duration kRollBackTime = std::chrono::seconds{5};

/// libpq's trace of a log-in, in memory: nobody else tells the key that a cancel needs.
class LogInTrace {
public:
    explicit LogInTrace(PGconn* connection)
        : connection_{connection}, file_{::open_memstream(&text_, &bytes_)} {
        if (file_ == nullptr) throw std::bad_alloc{};
        PQtrace(connection_, file_);
    }
    ~LogInTrace() {
        PQuntrace(connection_);
        static_cast<void>(std::fclose(file_));
        std::free(text_);
    }
    LogInTrace(const LogInTrace&) = delete;
    LogInTrace& operator=(const LogInTrace&) = delete;

    [[nodiscard]] CancelKey key() {
        static_cast<void>(std::fflush(file_));
        CancelKey key = cancel_key_in({text_, bytes_});
        key.server = Address::peer_of(PQsocket(connection_));
        return key;
    }

private:
    PGconn* connection_;
    char* text_ = nullptr;
    std::size_t bytes_ = 0;
    std::FILE* file_;
};

ConnPtr begin_connecting(const std::map<std::string, std::string>& values) {
    std::vector<const char*> keys;
    std::vector<const char*> texts;
    for (const auto& [key, text] : values) {
        keys.push_back(key.c_str());
        texts.push_back(text.c_str());
    }
    keys.push_back(nullptr);
    texts.push_back(nullptr);
    ConnPtr connection{PQconnectStartParams(keys.data(), texts.data(), 0)};
    if (connection == nullptr) throw std::bad_alloc{};
    PQsetNoticeProcessor(
        connection.get(), [](void*, const char*) {}, nullptr);
    return connection;
}

void log_in(PGconn* connection, const Deadline& deadline, Timespan timeout) {
    auto state = PGRES_POLLING_WRITING;
    while (state != PGRES_POLLING_OK) {
        if (state == PGRES_POLLING_FAILED || PQstatus(connection) == CONNECTION_BAD)
            throw PostgresError{text_of(connection), "08001"};
        const Ready interest = state == PGRES_POLLING_READING ? Ready::kRead : Ready::kWrite;
        // The socket is another one with each address that it tries.
        if (wait_fd(PQsocket(connection), interest, deadline.left()) == Ready::kNone)
            throw Timeout{0, *timeout};
        state = PQconnectPoll(connection);
    }
}

std::map<std::string, std::string> looked_up(const std::string& conninfo, const Deadline& deadline,
                                             Timespan timeout) {
    try {
        return resolved_conninfo(conninfo, deadline);
    } catch (const SocketTimeout&) {
        throw Timeout{0, *timeout};
    }
}

std::string savepoint(int depth) { return "grove_" + std::to_string(depth); }

}  // namespace

Connection Connection::open(const std::string& conninfo, Timespan timeout) {
    const Deadline deadline{timeout};
    ConnPtr connection = begin_connecting(looked_up(conninfo, deadline, timeout));
    CancelKey key;
    {
        LogInTrace trace{connection.get()};
        log_in(connection.get(), deadline, timeout);
        key = trace.key();
    }
    PQsetnonblocking(connection.get(), 1);
    return Connection{std::make_shared<Session>(std::move(connection), key)};
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

std::shared_ptr<Connection::Session> Connection::session() const {
    if (session_ == nullptr) throw PostgresError{"the connection was moved away", "08006"};
    return session_;
}

Rows Connection::query(const std::string& sql, const Params& params) {
    return Rows{std::make_shared<detail::Result>(session()->run(sql, params))};
}

std::uint64_t Connection::execute(const std::string& sql, const Params& params) {
    const ResultPtr result = session()->run(sql, params);
    const std::string_view text = PQcmdTuples(result.get());
    std::uint64_t count = 0;
    std::from_chars(text.data(), text.data() + text.size(), count);
    return count;
}

void Connection::copy_in(const std::string& sql,
                         const std::function<std::optional<std::string>()>& pieces) {
    session()->copy_in(sql, pieces);
}
void Connection::copy_out(const std::string& sql,
                          const std::function<void(std::string_view)>& sink) {
    session()->copy_out(sql, sink);
}
Queue<Notification>& Connection::listen(const std::string& channel) {
    return session()->listen(channel);
}

bool Connection::clean() const noexcept { return session_ != nullptr && session_->clean(); }

bool Connection::idle() const noexcept {
    if (!clean()) return false;
    char byte = 0;
    const int socket = PQsocket(session_->get());
    return ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

int Connection::backend_pid() const noexcept {
    const bool open = session_ != nullptr && session_->get() != nullptr;
    return open ? PQbackendPID(session_->get()) : 0;
}

std::shared_ptr<Connection::Session> Connection::begin() {
    std::shared_ptr<Session> here = session();
    here->run(here->depth == 0 ? "BEGIN" : "SAVEPOINT " + savepoint(here->depth));
    ++here->depth;
    return here;
}

void Connection::commit(Session& session) {
    if (session.depth > 1) {
        session.run("RELEASE SAVEPOINT " + savepoint(session.depth - 1));
    } else {
        const ResultPtr result = session.run("COMMIT");
        // Of a transaction in which a statement has failed the server makes that, without an error.
        if (std::string_view{PQcmdStatus(result.get())} == "ROLLBACK") {
            throw PostgresError{"the transaction was rolled back: a statement in it had failed",
                                "25P02"};
        }
    }
    --session.depth;
}

void Connection::roll_back(Session& session) noexcept {
    const int depth = --session.depth;
    if (session.get() == nullptr) return;
    const bool open = PQtransactionStatus(session.get()) != PQTRANS_IDLE;
    if (!open) return;
    const Shield shield;
    const Deadline limit{kRollBackTime};
    try {
        if (depth == 0) {
            session.run("ROLLBACK", {}, limit);
        } else {
            session.run("ROLLBACK TO SAVEPOINT " + savepoint(depth), {}, limit);
            session.run("RELEASE SAVEPOINT " + savepoint(depth), {}, limit);
        }
    } catch (...) {  // the server rolls back what it has of a connection that ends
        session.close();
    }
}

}  // namespace grove::postgres
