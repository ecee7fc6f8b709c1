// http.h - servers, the application's side, and clients: everything of grove::http.
#pragma once

#include <grove/core.h>                   // IWYU pragma: export
#include <grove/http/access_log.h>        // IWYU pragma: export
#include <grove/http/application.h>       // IWYU pragma: export
#include <grove/http/base_server.h>       // IWYU pragma: export
#include <grove/http/body.h>              // IWYU pragma: export
#include <grove/http/client.h>            // IWYU pragma: export
#include <grove/http/client_gone.h>       // IWYU pragma: export
#include <grove/http/command.h>           // IWYU pragma: export
#include <grove/http/connection_limit.h>  // IWYU pragma: export
#include <grove/http/counters.h>          // IWYU pragma: export
#include <grove/http/datagram_server.h>   // IWYU pragma: export
#include <grove/http/dump.h>              // IWYU pragma: export
#include <grove/http/environ.h>           // IWYU pragma: export
#include <grove/http/error_log.h>         // IWYU pragma: export
#include <grove/http/event_stream.h>      // IWYU pragma: export
#include <grove/http/file.h>              // IWYU pragma: export
#include <grove/http/headers.h>           // IWYU pragma: export
#include <grove/http/http_error.h>        // IWYU pragma: export
#include <grove/http/input.h>             // IWYU pragma: export
#include <grove/http/limits.h>            // IWYU pragma: export
#include <grove/http/listener.h>          // IWYU pragma: export
#include <grove/http/log.h>               // IWYU pragma: export
#include <grove/http/middleware.h>        // IWYU pragma: export
#include <grove/http/options.h>           // IWYU pragma: export
#include <grove/http/spare_headers.h>     // IWYU pragma: export
#include <grove/http/status.h>            // IWYU pragma: export
#include <grove/http/stopping.h>          // IWYU pragma: export
#include <grove/http/stream_server.h>     // IWYU pragma: export
#include <grove/http/thread_note.h>       // IWYU pragma: export
#include <grove/http/websocket.h>         // IWYU pragma: export
#include <grove/http/worker.h>            // IWYU pragma: export
#include <grove/http/wsgi_server.h>       // IWYU pragma: export
#include <grove/pool.h>                   // IWYU pragma: export
