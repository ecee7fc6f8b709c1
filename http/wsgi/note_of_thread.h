// note_of_thread.h - what the newest ThreadNote of this thread says.
#pragma once

#include <grove/core/detail/export.h>
#include <grove/http/request_note.h>

namespace grove::http {

/// Blames that request. Allowed in signal handlers. @return false: the thread has no ThreadNote
GROVE_EXPORT bool note_of_thread(RequestNote& note) noexcept;

}  // namespace grove::http
