// throw_points.h - where the exceptions of this program were thrown.
//
// The program's own __cxa_throw notes the calls that led to each throw, for some tens of nanoseconds, and goes
// on to the C++ library's; the last few of each thread are kept.
#pragma once

#include <exception>
#include <vector>

/// Return addresses, the innermost call first; empty if they are not known (any more). Never switches.
std::vector<const void*> throw_point(const std::exception_ptr& error);
