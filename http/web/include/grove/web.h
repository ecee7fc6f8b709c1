// grove/web.h - what applications are written with: requests, responses, routes, middleware.
#pragma once

#include <grove/web/basic_auth.h>        // IWYU pragma: export
#include <grove/web/bearer.h>            // IWYU pragma: export
#include <grove/web/compress.h>          // IWYU pragma: export
#include <grove/web/cookie.h>            // IWYU pragma: export
#include <grove/web/cors.h>              // IWYU pragma: export
#include <grove/web/csrf.h>              // IWYU pragma: export
#include <grove/web/fields.h>            // IWYU pragma: export
#include <grove/web/html_escape.h>       // IWYU pragma: export
#include <grove/web/multipart.h>         // IWYU pragma: export
#include <grove/web/multipart_limits.h>  // IWYU pragma: export
#include <grove/web/percent.h>           // IWYU pragma: export
#include <grove/web/rate_limit.h>        // IWYU pragma: export
#include <grove/web/request.h>           // IWYU pragma: export
#include <grove/web/response.h>          // IWYU pragma: export
#include <grove/web/router.h>            // IWYU pragma: export
#include <grove/web/security_headers.h>  // IWYU pragma: export
#include <grove/web/session.h>           // IWYU pragma: export
#include <grove/web/sessions.h>          // IWYU pragma: export
