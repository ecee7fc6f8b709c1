// context.h - one suspended flow of control on one stack, on Boost.Context's assembler.
//
// The only file that switches. A Context lies at the top of the stack it describes, so that
// resuming a parked greenlet touches the cache lines of one page; a thread's own stack has its
// Context in the hub.
#pragma once

#include <cstddef>
#include <new>

#include <boost/context/detail/fcontext.hpp>

#include "exception_state.h"
#include "sanitizer.h"
#include "switching.h"

namespace grove {

struct StackClass;

struct Context {
    /// What begins on a fresh stack. Never returns: it ends by exit_to().
    using Entry = void (*)(boost::context::detail::transfer_t);

    Context(char* lowest, std::size_t size) noexcept
        : bottom{lowest}, bytes{size}, notes{lowest, size} {}

    /// Makes `entry` the flow that begins at the first switch here. @pre nothing runs on the stack
    void prepare(Entry entry) noexcept {
        notes.fresh_start();
        exceptions = {};
        saved = boost::context::detail::make_fcontext(this, bytes, entry);
    }

    /// Suspends the running flow, whose Context this is, and resumes `next`. Returns when somebody
    /// switches back.
    void switch_to(Context& next, ExceptionState& thread) noexcept {
        exceptions = thread;
        thread = next.exceptions;
        notes.leave(next.notes, false);
        arrived(switching.away(next.saved, this), false);
    }

    /// Leaves the running flow for good.
    [[noreturn]] void exit_to(Context& next, ExceptionState& thread) noexcept {
        thread = next.exceptions;
        notes.leave(next.notes, true);
        switching.for_good(next.saved, this);
        __builtin_unreachable();
    }

    /// To be called first by an Entry.
    void begin(boost::context::detail::transfer_t from) noexcept {
        arrived(from, true);
        if (switching.begun != nullptr) [[unlikely]]
            switching.begun(*this);
    }

    // One cache line, in a plain build.
    boost::context::detail::fcontext_t saved = nullptr;  // valid while suspended
    ExceptionState exceptions;                           // valid while suspended
    char* bottom;  // lowest usable byte; nullptr: the thread's own stack
    std::size_t bytes;
    StackClass* size_class = nullptr;
    Context* next_free = nullptr;
    bool guarded = true;  // else a canary lies at the bottom
    SanitizerNotes notes;
    unsigned valgrind_id = 0;  // by which valgrind knows the stack

private:
    void arrived(boost::context::detail::transfer_t from, bool first) noexcept {
        Context& previous = *static_cast<Context*>(from.data);
        previous.saved = from.fctx;
        notes.arrive(previous.notes, first);
    }
};

}  // namespace grove
