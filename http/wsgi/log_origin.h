// log_origin.h - of which request and mount a greenlet is: the end of its lines in the log.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <grove/core/detail/export.h>
#include <grove/core/detail/inherited_value.h>

namespace grove::http {

class Connection;
class Exchange;
class Turn;

/// " (request ID, mount /app)", of what the request has of these; "": nothing.
[[nodiscard]] std::string origin_of(Exchange& exchange);

/// The end of the lines of a greenlet, and of all that this one makes: they have it as it was when they were made, and
/// may outlive the request.
class GROVE_EXPORT LogOrigin : public grove::detail::InheritedValue {
public:
    using Text = std::shared_ptr<const std::string>;

    /// The running greenlet's; null: none. Any thread.
    [[nodiscard]] static Text of_running();

private:
    [[nodiscard]] virtual Text text() const = 0;  // null: none
    [[nodiscard]] std::unique_ptr<grove::detail::InheritedValue> for_child() const final;
};

/// That of the request that a turn's greenlet serves, while it does. Made by that greenlet.
class OriginOfTurn final : public LogOrigin {
public:
    /// @param connection  nullptr when it is no longer the turn's
    OriginOfTurn(const Turn& turn, Connection* const& connection)
        : turn_{turn}, connection_{connection} {
        join_running();
    }

private:
    [[nodiscard]] Text text() const override;

    const Turn& turn_;
    Connection* const& connection_;
};

/// That of a mount, for the greenlet that calls its factories, or destroys what they made. Dies in the greenlet that made
/// it.
class GROVE_EXPORT OriginOfMount final : public LogOrigin {
public:
    /// @param path  "/" or "/app", as Mount's: "/" has no name in the log
    explicit OriginOfMount(std::string_view path);
    /// One that of_running() gave. Null: none, whatever else the greenlet has.
    explicit OriginOfMount(Text text);

private:
    [[nodiscard]] Text text() const override;

    Text text_;
};

}  // namespace grove::http
