// request.h - a request as a handler gets it. Thread and greenlet: the handler's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <grove/core/detail/export.h>

#include <grove/web/fields.h>
#include <grove/web/multipart.h>

namespace grove::http {
class Environ;
class StartResponse;
}  // namespace grove::http

namespace grove::web {

struct RouteMatch;
class Session;

/// A view of the environ: nothing is read or decoded until it is asked for. A handler's Request is
/// valid until the handler has returned: a body's generator must copy what it needs, or keep
/// environ().
///
/// The body is read once in a request, by text(), form() or multipart(), also if several Requests
/// are made of one environ. The client chooses what the body holds: each of the three throws an
/// HttpError of status 413 past its limit, and what Input throws. They block until bytes come.
class GROVE_EXPORT Request {
public:
    /// For code that is not a handler, such as middleware: has no path parameters and no url_for().
    explicit Request(http::Environ& environ) noexcept : environ_{environ} {}
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;

    http::Environ& environ() noexcept { return environ_; }  ///< Valid until the body is closed.
    [[nodiscard]] std::string_view method() const;          ///< "GET"; "HEAD" for a HEAD.
    /// PATH_INFO: the path below the mount, percent-decoded.
    [[nodiscard]] std::string_view path() const;
    /// The value of the first field of that name in the query, decoded: '+' is a space. nullopt: there
    /// is none. @throws HttpError of status 400 for a '%' there without two hexadecimal digits
    [[nodiscard]] std::optional<std::string> query(std::string_view name) const;
    /// The values of all fields of that name. @throws as query()
    [[nodiscard]] std::vector<std::string> query_all(std::string_view name) const;
    /// The cookie's value as the client sent it, quotes included; the first of several. nullopt:
    /// there is none.
    [[nodiscard]] std::optional<std::string> cookie(std::string_view name) const;

    /// The body. @throws std::logic_error if it was read
    std::string text(std::size_t limit = 1U << 20U);
    /// The fields of the body: application/x-www-form-urlencoded, or multipart/form-data, whose
    /// files are passed over. `limit` counts the body of the first, and the names and values of the
    /// second. May be asked for again: the limit of each call holds.
    /// @throws HttpError of status 415 for another type, 400 for a broken one, 413 for more than 1000
    ///         fields; std::logic_error if the body was read otherwise
    const Fields& form(std::size_t limit = 1U << 20U);
    /// The body, part by part, multipart/form-data; valid until the body of the answer is closed.
    /// @throws HttpError of status 415 for another type, 400 for one without a boundary;
    ///         std::logic_error if the body was read
    Multipart multipart(MultipartLimits limits = {});

    /// The part of the path that stands for `{name}` of the rule, decoded. T is std::string, or,
    /// for a rule of `{name:int}` or `{name:uint}`, std::int64_t or std::uint64_t.
    /// @throws std::out_of_range  the rule has no such name; the number is too large for T
    /// @throws std::logic_error   a number is asked for where the rule has none
    template <class T>
    T path(std::string_view name) const {
        static_assert(std::is_same_v<T, std::string> || std::is_same_v<T, std::int64_t> ||
                          std::is_same_v<T, std::uint64_t>,
                      "path<T>: T is std::string, std::int64_t or std::uint64_t");
        if constexpr (std::is_same_v<T, std::string>) {
            return path_text(name);
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
            return path_int(name);
        } else {
            return path_uint(name);
        }
    }
    /// The path, from the server's root on, of the rule that was given this name. Each `{name}` of
    /// the rule takes its value, percent-encoded; values that the rule has no place for become the
    /// query. A path that begins with "//" has "/." before it, so that no client takes it for
    /// another host.
    /// @throws std::invalid_argument  no such rule; a value is missing, does not fit the converter,
    ///         or has a segment "." or "..": clients take these out of a path, however they are
    ///         written
    [[nodiscard]] std::string url_for(
        std::string_view rule_name,
        std::initializer_list<std::pair<std::string_view, std::string>> values = {}) const;

    /// The session that the middleware sessions() found. @throws std::logic_error without it
    Session& session();
    /// The token of the middleware csrf(), which a form sends back. @throws std::logic_error
    /// without it
    std::string csrf_token();
    /// For a WebSocket or an EventStream; then the handler returns started().
    /// @throws std::logic_error  this is not a handler's Request
    http::StartResponse& start_response();

private:
    friend class RouteTable;
    Request(http::Environ& environ, http::StartResponse& start_response,
            const RouteMatch& match) noexcept
        : environ_{environ}, start_response_{&start_response}, match_{&match} {}

    [[nodiscard]] std::string path_text(std::string_view name) const;
    [[nodiscard]] std::int64_t path_int(std::string_view name) const;
    [[nodiscard]] std::uint64_t path_uint(std::string_view name) const;

    http::Environ& environ_;
    http::StartResponse* start_response_ = nullptr;  // null: no handler's
    const RouteMatch* match_ = nullptr;              // the same
    bool started_ = false;                           // start_response() was asked for
};

}  // namespace grove::web
