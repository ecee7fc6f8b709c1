// thread_note.h - the request that a thread works for, for the report of its crash.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <string_view>

#include <grove/core/detail/export.h>

namespace grove::http {

class RequestNote;

/// While it lives, a crash of this thread is reported with that request, even if the thread serves
/// no request itself, such as a pool's thread that works for a request. On a worker's main thread,
/// the lines about workers that do not answer name that request, too, in place of the request that
/// the running greenlet serves: do not switch while the note lives there. The newest note of a
/// thread counts. A note must die in the thread that made it. Never allocates, never blocks.
class GROVE_EXPORT ThreadNote {
public:
    /// Copies its arguments, which are cut: method and path after 112 bytes, the id after 128.
    ThreadNote(std::string_view method, std::string_view path,
               std::string_view request_id) noexcept;
    ~ThreadNote();  ///< The next older one of the thread counts again.
    ThreadNote(const ThreadNote&) = delete;
    ThreadNote& operator=(const ThreadNote&) = delete;

private:
    friend bool note_of_thread(RequestNote& note) noexcept;

    std::array<char, 112> text_;  // the method, then the path
    std::array<char, 128> id_;
    std::size_t method_bytes_;
    std::size_t path_bytes_;
    std::size_t id_bytes_;
    std::atomic<ThreadNote*> older_;  // a signal handler may look at any moment
};

}  // namespace grove::http
