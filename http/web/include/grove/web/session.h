// session.h - what a site remembers of one client, kept in a cookie of the client's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <grove/core/detail/export.h>

namespace grove::web {

class SessionState;

/// Names and values of one client, as the middleware sessions() found them in its cookie: empty if
/// there was no cookie, or a cookie that is too old or not ours. Request::session() gives it; it is
/// valid as long as the request's environ. If the session was changed, its state at the call of
/// start_response goes to the client; a handler that calls start_response itself must change the
/// session before. Several requests at once have a session each, and the last answer wins. Thread
/// and greenlet: the handler's. Never blocks.
class GROVE_EXPORT Session {
public:
    explicit Session(std::unique_ptr<SessionState> state) noexcept;  ///< For the middleware.
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session();

    /// nullopt: no value of that name.
    [[nodiscard]] std::optional<std::string> get(std::string_view name) const;
    /// @throws std::length_error  the cookie would be larger than 4 KiB, name included; the session
    ///                            stays as it was
    ///         std::logic_error   start_response was called already
    void set(std::string name, std::string value);
    void erase(std::string_view name);  ///< @throws std::logic_error as set()
    /// Nothing is left: the client is told to forget the cookie. @throws std::logic_error as set()
    void clear();
    [[nodiscard]] bool empty() const;  ///< It has no values.
    /// The request brought no session that counts.
    [[nodiscard]] bool fresh() const;

private:
    std::unique_ptr<SessionState> state_;
};

}  // namespace grove::web
