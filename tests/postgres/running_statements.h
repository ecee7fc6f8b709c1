// running_statements.h - what the server does just now, as another connection sees it.
#pragma once

#include <chrono>
#include <string>

#include <grove/core/greenlet.h>
#include <grove/postgres.h>

#include "postgres_server.h"

namespace grove::test {

class RunningStatements {
public:
    /// How many there are whose text contains `mark`.
    int count(const std::string& mark) {
        return watcher_
            .query(
                "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE $1 "
                "AND pid <> pg_backend_pid()",
                {"%" + mark + "%"})[0]
            .get<int>(0);
    }
    /// Returns once there is one: its caller waits for the server.
    void await(const std::string& mark) {
        while (count(mark) == 0) sleep(std::chrono::milliseconds{1});
    }
    /// Returns once there is none, or after 20 seconds. @return how many there are then
    int await_end(const std::string& mark) {
        const Deadline deadline{std::chrono::seconds{20}};
        while (count(mark) != 0 && !deadline.passed()) sleep(std::chrono::milliseconds{1});
        return count(mark);
    }

private:
    postgres::Connection watcher_ = postgres::Connection::open(postgres_server->conninfo());
};

}  // namespace grove::test
