#include <grove/http/thread_note.h>

#include <grove/core/detail/assert.h>

#include "note_of_thread.h"

namespace grove::http {
namespace {

// Initial-exec as in date.cpp: a signal handler may not call __tls_get_addr, which may allocate.
[[gnu::tls_model("initial-exec")]] thread_local constinit std::atomic<ThreadNote*> newest{nullptr};

}  // namespace

ThreadNote::ThreadNote(std::string_view method, std::string_view path,
                       std::string_view request_id) noexcept
    : method_bytes_{method.copy(text_.data(), text_.size())},
      path_bytes_{path.copy(text_.data() + method_bytes_, text_.size() - method_bytes_)},
      id_bytes_{request_id.copy(id_.data(), id_.size())},
      older_{newest.load(std::memory_order_relaxed)} {
    std::atomic_signal_fence(std::memory_order_release);
    newest.store(this, std::memory_order_relaxed);
}

// Greenlets may end theirs in any order.
ThreadNote::~ThreadNote() {
    std::atomic<ThreadNote*>* at = &newest;
    while (at->load(std::memory_order_relaxed) != this) {
        ThreadNote* const note = at->load(std::memory_order_relaxed);
        GROVE_ASSERT(note != nullptr, "a ThreadNote must die in the thread that made it");
        at = &note->older_;
    }
    at->store(older_.load(std::memory_order_relaxed), std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_release);
}

bool note_of_thread(RequestNote& note) noexcept {
    const ThreadNote* const here = newest.load(std::memory_order_relaxed);
    if (here == nullptr) return false;
    note.blame({here->text_.data(), here->method_bytes_},
               {here->text_.data() + here->method_bytes_, here->path_bytes_});
    note.describe({here->id_.data(), here->id_bytes_}, "");
    return true;
}

}  // namespace grove::http
