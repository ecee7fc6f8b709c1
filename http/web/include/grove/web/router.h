// router.h - which handler answers which method and path. Thread: any, one at a time; many
// greenlets may call the result of application() at once.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <grove/core/detail/export.h>
#include <grove/http/application.h>
#include <grove/http/http_error.h>
#include <grove/http/middleware.h>

#include <grove/web/request.h>
#include <grove/web/response.h>

namespace grove::web {

using http::Application;
using http::HttpError;  // what a handler may throw
using http::Middleware;
struct Routes;

/// Answers one request. May block. An HttpError that it throws is its answer, too: as JSON, if the
/// request accepts JSON first. Any other exception is a failure, as in an application.
using Handler = std::function<Response(Request&)>;

/// How a Router behaves; each mounted Router keeps its own options.
struct RouterOptions {
    /// If only the path with one '/' more or less at its end is known: 308 to that path, with the
    /// query.
    bool redirect_slashes = false;
};

/// A rule is a path whose segments are text, or a parameter: "{name}" and "{name:str}" take any
/// segment of one byte or more, "{name:int}" and "{name:uint}" the digits of a number that fits
/// std::int64_t or std::uint64_t, "{name:uuid}" a UUID. "{name:path}" stands last and takes what is
/// left of the path, one byte or more.
///
/// Paths are compared segment by segment, decoded: a %2F is part of a segment. A '/' at the end
/// counts. The order of rules does not count. If several rules match, the most special rule
/// answers: the rule whose paths the others match, too. Two rules that share a method and a path
/// are refused if neither is more special; here int and uint are equally special.
///
/// A rule without the request's method is passed over. HEAD is answered by a rule for GET, unless a
/// rule for HEAD is as special. If none has the method: 405 with Allow, and OPTIONS: 204 with
/// Allow. If no rule matches: not_found(), or 404.
///
/// The environ's grove.route is the rule that answers, such as "/items/{id:int}", mounts included.
class GROVE_EXPORT Router {
public:
    Router();                                ///< Without rules.
    explicit Router(RouterOptions options);  ///< Without rules.
    Router(const Router& other);
    Router(Router&& other) noexcept;
    Router& operator=(Router other) noexcept;
    ~Router();

    /// @param methods  "GET", or several, "GET,POST"
    /// @param name     for url_for(); "": none
    /// @throws std::invalid_argument, with nothing changed: bad methods, a bad rule, no handler, a
    ///         name that is used, a rule that shares a path with another rule and is neither more
    ///         nor less special (the text names the other rule)
    Router& route(std::string methods, std::string rule, Handler handler, std::string name = {});
    Router& get(std::string rule, Handler handler, std::string name = {});   ///< route("GET", ...)
    Router& post(std::string rule, Handler handler, std::string name = {});  ///< route("POST", ...)
    Router& put(std::string rule, Handler handler, std::string name = {});   ///< route("PUT", ...)
    Router& patch(std::string rule, Handler handler,
                  std::string name = {});  ///< route("PATCH", ...)
    Router& del(std::string rule, Handler handler,
                std::string name = {});  ///< route("DELETE", ...)

    /// Adds the rules of `router`, each with `prefix` before it, as they are now. SCRIPT_NAME gains
    /// the prefix, and PATH_INFO loses it, for the handlers and middleware of `router`. That
    /// middleware stands around all answers below the prefix, within this router's middleware; the
    /// not_found() of `router` answers there.
    /// @param prefix  a path without parameters; slashes at its end do not count
    /// @throws std::invalid_argument, with nothing changed: the prefix is not such a path; as
    ///         route()
    Router& mount(std::string prefix, Router router);
    /// Adds an application for all methods and all paths at `prefix` and below, except those of
    /// more special rules. SCRIPT_NAME and PATH_INFO change as above.
    /// @throws std::invalid_argument, with nothing changed: no application; as above
    Router& mount(std::string prefix, Application application);
    /// Adds a middleware within those that were added before: the first is outermost. It stands
    /// around all answers of this router, and sees an HttpError of a handler as a response.
    /// @throws std::invalid_argument if it is empty
    Router& use(Middleware middleware);
    /// Answers where no rule matches. @throws std::invalid_argument if it is empty
    Router& not_found(Handler handler);

    /// An application of the rules as they are now, without anything that is added later. Calls
    /// each middleware. @throws as chain()
    [[nodiscard]] Application application() const;
    operator Application() const { return application(); }  ///< The same.

private:
    std::unique_ptr<Routes> routes_;
};

}  // namespace grove::web
