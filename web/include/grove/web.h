// grove/web.h - what applications are written with: requests, responses, routes.
#pragma once

#include <grove/web/cookie.h>     // IWYU pragma: export
#include <grove/web/fields.h>     // IWYU pragma: export
#include <grove/web/multipart.h>  // IWYU pragma: export
#include <grove/web/percent.h>    // IWYU pragma: export
#include <grove/web/request.h>    // IWYU pragma: export
#include <grove/web/response.h>   // IWYU pragma: export
#include <grove/web/router.h>     // IWYU pragma: export
