// middleware.h - an application around an application (PEP 3333's middleware). Thread: the
// server's.
#pragma once

#include <functional>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/http/application.h>

namespace grove::http {

/// Makes an application of another one. What it makes answers itself, or calls the inner
/// application: with the environ that it got, or has changed by set(), and with its own
/// start_response, or one that it made of a StartFunction. The body that comes back it returns as
/// it is, changes through content(), or drops.
using Middleware = std::function<Application(Application)>;

/// `inner` with all of `middlewares` around it, the first outermost. Each is called once, here, the
/// last first. Does not block, unless one of them does.
/// @throws std::invalid_argument  `inner` or one of `middlewares` is empty, or one of them returned
///                                an empty application; whatever one of them throws
GROVE_EXPORT Application chain(Application inner, std::vector<Middleware> middlewares);

}  // namespace grove::http
