// exception_state.h - the C++ runtime's exception bookkeeping, which is per thread, made per
// greenlet.
//
// The Itanium C++ ABI keeps the stack of caught exceptions and the count of uncaught ones per
// thread. A greenlet that switches inside a catch block, or while it unwinds, must find its own on
// return.
#pragma once

#include <cxxabi.h>

namespace grove {

/// Layout of __cxa_eh_globals (Itanium C++ ABI, "Caught Exceptions"); the ABI header only declares
/// it.
struct ExceptionState {
    void* caught = nullptr;
    unsigned int uncaught = 0;
};

/// The running thread's. Valid as long as the thread; the same address for all its greenlets.
inline ExceptionState& thread_exception_state() noexcept {
    return *reinterpret_cast<ExceptionState*>(abi::__cxa_get_globals());
}

}  // namespace grove
