// middleware.h - an application around an application (PEP 3333's middleware). Thread: the
// server's.
#pragma once

#include <functional>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/http/application.h>

namespace grove::http {

/// Makes an application of another, inner application. The new application answers itself, or calls
/// the inner application. It passes on the environ that it got, perhaps changed by set(), and the
/// start_response that it got, or a start_response that it made of a StartFunction. It returns the
/// inner application's body as it is, changes that body through content(), or drops it.
using Middleware = std::function<Application(Application)>;

/// `inner` with all of `middlewares` around it, the first outermost. Each middleware is called
/// once, here, the last first. Does not block, unless a middleware does.
/// @throws std::invalid_argument  `inner` or one of `middlewares` is empty, or a middleware
///                                returned an empty application; whatever a middleware throws
GROVE_EXPORT Application chain(Application inner, std::vector<Middleware> middlewares);

}  // namespace grove::http
