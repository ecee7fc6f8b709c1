// deadline_lines.h - requests that wait for the same thing: a line for the server's time-out, and one for each mount
// that may have a time-out of its own.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include <grove/core/duration.h>
#include <grove/http/limits.h>

#include "connection.h"
#include "deadline_line.h"

namespace grove::http {

struct ServiceTerms;

/// Used as one DeadlineLine. A connection in it has an exchange, and leaves by its unlink().
class DeadlineLines {
public:
    using Line = DeadlineLine<Connection>;

    /// @param timeout  which of the time-outs bounds the wait
    DeadlineLines(const ServiceTerms& terms, Timespan (*timeout)(const Timeouts&),
                  const Line::Expire& expire);

    void push_back(Connection& connection) { line_of(connection).push_back(connection); }
    /// The same for one that has waited since `since` already.
    void push_back_since(Connection& connection, Timer::Instant since) {
        line_of(connection).push_back_since(connection, since);
    }
    [[nodiscard]] bool empty() const noexcept {
        return of_server_.empty() && (of_mounts_.empty() || all_of_mounts_empty());
    }
    /// Who waits longest. @pre not empty()
    [[nodiscard]] Connection& front() noexcept {
        return of_mounts_.empty() ? of_server_.front() : oldest_front();
    }

    /// Calls `function` with each connection, which it may take from the line.
    template <class Function>
    void for_each(Function function) {
        for_each_in(of_server_, function);
        for (const auto& line : of_mounts_) for_each_in(*line, function);
    }
    template <class Function>
    void for_each(Function function) const {
        for (const Connection& connection : of_server_) function(connection);
        for (const auto& line : of_mounts_) {
            for (const Connection& connection : std::as_const(*line)) function(connection);
        }
    }

private:
    template <class Function>
    static void for_each_in(Line& line, Function& function) {
        for (auto next = line.begin(); next != line.end();) {
            Connection& connection = *next++;
            function(connection);
        }
    }
    [[nodiscard]] Line& line_of(const Connection& connection) noexcept {
        return of_mounts_.empty() ? of_server_ : line_of_mount(connection);
    }
    [[nodiscard]] Line& line_of_mount(const Connection& connection) noexcept;
    [[nodiscard]] bool all_of_mounts_empty() const noexcept;
    [[nodiscard]] Connection& oldest_front() noexcept;

    Line of_server_;
    std::vector<std::unique_ptr<Line>> of_mounts_;  // at their indices; none: all is the server's
};

}  // namespace grove::http
