// loaded_asan.h - a program or a plugin may be built with ASan where these libraries are not: then
// the ASan of the process must be told of our switches, or it takes the first throw on a greenlet's
// stack for an overflow.
#pragma once

namespace grove {

/// Before a thread's first switch: from here on ASan is told, if it is there and this build does not
/// tell it anyway. @pre whoever jumps has made the next greenlet the hub's current one
void look_for_asan() noexcept;

}  // namespace grove
