// this_hub.h - the running thread's hub, without a call.
#pragma once

#include <grove/core/hub.h>

namespace grove {

/// nullptr: the thread has none yet. get_hub() makes one.
[[gnu::visibility("hidden"),
  gnu::tls_model("initial-exec")]] extern constinit thread_local Hub* this_hub;

/// get_hub(), inside core.
inline Hub& current_hub() { return this_hub != nullptr ? *this_hub : get_hub(); }

}  // namespace grove
