#include "session.h"

#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include <grove/core/errors.h>
#include <grove/core/greenlet.h>

namespace grove::postgres {
namespace {

constexpr std::size_t kMostParams = 65535;  // libpq's, and the protocol's

bool has(Ready ready, Ready one) { return (ready & one) != Ready::kNone; }

bool is_error(const PGresult* result) {
    const ExecStatusType status = PQresultStatus(result);
    return status == PGRES_BAD_RESPONSE || status == PGRES_FATAL_ERROR;
}

bool is_copy(const PGresult* result) {
    const ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
}

[[noreturn]] void refuse_gone() {
    throw PostgresError{"the connection to PostgreSQL is closed", "08006"};
}

}  // namespace

/// The running greenlet's claim to the connection. A statement that it does not finish ends that.
class Connection::Session::Use {
public:
    Use(Session& session, const Deadline& limit) : session_{session} {
        if (session.busy_)
            throw std::logic_error{"another greenlet's call is under way on this connection"};
        if (session.connection_ == nullptr) refuse_gone();
        session.busy_ = true;
        session.limit_ = limit;
        session.unused_.clear();
    }
    ~Use() {
        if (!finished_) session_.close();
        session_.busy_ = false;
        session_.unused_.set();
    }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    void finished() noexcept { finished_ = true; }

private:
    Session& session_;
    bool finished_ = false;
};

Connection::Session::Session(ConnPtr connection, const CancelKey& key)
    : connection_{std::move(connection)}, key_{key}, waiter_{PQsocket(connection_.get())} {
    unused_.set();
}

void Connection::Session::close() noexcept {
    if (connection_ == nullptr) return;
    const bool runs = PQtransactionStatus(get()) == PQTRANS_ACTIVE;
    waiter_.forget();
    if (listening_) listening_->forget();
    connection_.reset();
    unused_.set();
    if (notifications_) notifications_->shutdown();
    if (runs) request_cancel(key_);
}

bool Connection::Session::clean() const noexcept {
    return connection_ != nullptr && !busy_ && !listening_ && PQstatus(get()) == CONNECTION_OK &&
           PQtransactionStatus(get()) == PQTRANS_IDLE;
}

ResultPtr Connection::Session::run(const std::string& sql, const Params& params,
                                   const Deadline& limit) {
    if (sql.find('\0') != std::string::npos)
        throw std::invalid_argument{"the statement contains a NUL byte"};
    if (params.size() > kMostParams)
        throw std::invalid_argument{"a statement has at most 65535 parameters"};
    Use use{*this, limit};
    const bool sent_at_once = send(sql, params);
    ResultPtr result = rest_of_results(next_result(sent_at_once));
    finish(use, result.get());
    return result;
}

bool Connection::Session::send(const std::string& sql, const Params& params) {
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<int> formats;
    for (const Param& param : params) {
        values.push_back(param.value() ? param.value()->c_str() : nullptr);
        lengths.push_back(param.value() ? static_cast<int>(param.value()->size()) : 0);
        formats.push_back(param.binary() ? 1 : 0);
    }
    const int sent =
        PQsendQueryParams(get(), sql.c_str(), static_cast<int>(params.size()), nullptr,
                          values.data(), lengths.data(), formats.data(), 0 /* as text */);
    if (sent == 0) fail();
    return flush();
}

// Also reads meanwhile: a server that cannot send does not read. If the connection breaks, the results say why: the
// server's last words may have come before.
bool Connection::Session::flush() {
    bool at_once = true;
    while (PQflush(get()) > 0) {
        at_once = false;
        if (has(wait(Ready::kBoth), Ready::kRead) && PQconsumeInput(get()) == 0) break;
    }
    return at_once;
}

Ready Connection::Session::wait(Ready interest, Ready (FdWaiter::*how)(Ready, Timespan)) {
    const Timespan left = limit_.left();
    try {
        const Ready ready = (waiter_.*how)(interest, left);
        if (ready == Ready::kNone) throw Timeout{0, *left};
        return ready;
    } catch (const std::system_error&) {
        if (connection_ == nullptr) refuse_gone();  // by another greenlet, which made us forget
        throw;
    }
}

// libpq may leave bytes unread, of which the loop does not tell again: only the first wait behind a statement is for an
// event that is sure to come.
ResultPtr Connection::Session::next_result(bool sent_at_once) {
    for (; PQisBusy(get()) != 0; sent_at_once = false) {
        wait(Ready::kRead, sent_at_once ? &FdWaiter::wait_answer : &FdWaiter::wait);
        if (PQconsumeInput(get()) == 0) break;  // the next result, if any, is an error
    }
    return ResultPtr{PQgetResult(get())};
}

ResultPtr Connection::Session::rest_of_results(ResultPtr first) {
    ResultPtr kept = std::move(first);
    while (kept != nullptr) {
        if (is_copy(kept.get())) {
            throw std::logic_error{
                "a COPY was given to query() or execute(): copy_in() and copy_out() are for that"};
        }
        ResultPtr next = next_result();
        if (next == nullptr) break;
        if (!is_error(kept.get())) kept = std::move(next);
    }
    return kept;
}

void Connection::Session::finish(Use& use, const PGresult* result) {
    const bool lives = PQstatus(get()) == CONNECTION_OK;
    if (lives) use.finished();
    if (result != nullptr && is_error(result)) throw error_of(result);
    if (!lives) fail();
    take_notifications();
}

void Connection::Session::fail() {
    if (connection_ == nullptr) refuse_gone();  // while the caller's function ran, as of a COPY
    throw PostgresError{text_of(get()), "08006"};
}

ResultPtr Connection::Session::begin_copy(Use& use, const std::string& sql, ExecStatusType wanted) {
    send(sql, {});
    ResultPtr first = next_result();
    if (first != nullptr && PQresultStatus(first.get()) == wanted) return first;
    const ResultPtr result = rest_of_results(std::move(first));
    finish(use, result.get());
    throw std::logic_error{wanted == PGRES_COPY_IN ? "copy_in(): not a COPY … FROM STDIN"
                                                   : "copy_out(): not a COPY … TO STDOUT"};
}

void Connection::Session::put(const std::string& piece) {
    for (;;) {
        const int taken = PQputCopyData(get(), piece.data(), static_cast<int>(piece.size()));
        if (taken < 0) fail();
        flush();  // never more than a piece waits here
        if (taken > 0) return;
    }
}

void Connection::Session::copy_in(const std::string& sql,
                                  const std::function<std::optional<std::string>()>& pieces) {
    Use use{*this, {}};
    begin_copy(use, sql, PGRES_COPY_IN);
    std::exception_ptr failure;
    for (;;) {
        std::optional<std::string> piece;
        try {
            piece = pieces();
        } catch (const std::exception&) {
            failure = std::current_exception();
        }
        if (!piece) break;
        put(*piece);
    }
    while (true) {
        const int taken = PQputCopyEnd(get(), failure ? "the sender failed" : nullptr);
        if (taken < 0) fail();
        flush();
        if (taken > 0) break;
    }
    const ResultPtr result = rest_of_results(next_result());
    if (failure != nullptr && PQstatus(get()) == CONNECTION_OK) {
        use.finished();
        std::rethrow_exception(failure);
    }
    finish(use, result.get());
}

void Connection::Session::copy_out(const std::string& sql,
                                   const std::function<void(std::string_view)>& sink) {
    Use use{*this, {}};
    begin_copy(use, sql, PGRES_COPY_OUT);
    for (;;) {
        char* data = nullptr;
        const int bytes = PQgetCopyData(get(), &data, 1);
        const BytesPtr row{data};
        if (bytes > 0) {
            sink({row.get(), static_cast<std::size_t>(bytes)});
        } else if (bytes == 0) {
            wait(Ready::kRead);
            if (PQconsumeInput(get()) == 0) fail();
        } else if (bytes == -1) {
            break;
        } else {
            fail();
        }
    }
    const ResultPtr result = rest_of_results(next_result());
    finish(use, result.get());
}

}  // namespace grove::postgres
