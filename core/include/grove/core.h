// core.h - greenlets and what they wait for: everything of grove::core.
#pragma once

#include <grove/core/address.h>                  // IWYU pragma: export
#include <grove/core/async_result.h>             // IWYU pragma: export
#include <grove/core/blocking_monitor.h>         // IWYU pragma: export
#include <grove/core/connect.h>                  // IWYU pragma: export
#include <grove/core/detail/heartbeat.h>         // IWYU pragma: export
#include <grove/core/detail/listening_socket.h>  // IWYU pragma: export
#include <grove/core/detail/loop.h>              // IWYU pragma: export
#include <grove/core/detail/notifier.h>          // IWYU pragma: export
#include <grove/core/detail/secret_memory.h>     // IWYU pragma: export
#include <grove/core/detail/socket.h>            // IWYU pragma: export
#include <grove/core/detail/stack_overflow.h>    // IWYU pragma: export
#include <grove/core/detail/tls_ticket_keys.h>   // IWYU pragma: export
#include <grove/core/duration.h>                 // IWYU pragma: export
#include <grove/core/errors.h>                   // IWYU pragma: export
#include <grove/core/event.h>                    // IWYU pragma: export
#include <grove/core/every.h>                    // IWYU pragma: export
#include <grove/core/fd_wait.h>                  // IWYU pragma: export
#include <grove/core/greenlet.h>                 // IWYU pragma: export
#include <grove/core/hub.h>                      // IWYU pragma: export
#include <grove/core/local.h>                    // IWYU pragma: export
#include <grove/core/queue.h>                    // IWYU pragma: export
#include <grove/core/resolver.h>                 // IWYU pragma: export
#include <grove/core/rlock.h>                    // IWYU pragma: export
#include <grove/core/run_info.h>                 // IWYU pragma: export
#include <grove/core/semaphore.h>                // IWYU pragma: export
#include <grove/core/shield.h>                   // IWYU pragma: export
#include <grove/core/signal.h>                   // IWYU pragma: export
#include <grove/core/signal_inbox.h>             // IWYU pragma: export
#include <grove/core/stream.h>                   // IWYU pragma: export
#include <grove/core/stream_reader.h>            // IWYU pragma: export
#include <grove/core/threads.h>                  // IWYU pragma: export
#include <grove/core/timeout.h>                  // IWYU pragma: export
#include <grove/core/tls.h>                      // IWYU pragma: export
#include <grove/core/version.h>                  // IWYU pragma: export
#include <grove/core/wait.h>                     // IWYU pragma: export
