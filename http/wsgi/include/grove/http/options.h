// options.h - how a server is set up: the options of all servers.
#pragma once

#include <grove/http/server_options.h>  // IWYU pragma: export
#include <grove/http/wsgi_options.h>    // IWYU pragma: export
