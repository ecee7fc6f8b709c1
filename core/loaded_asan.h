// loaded_asan.h - a program or a plugin may be built with ASan where these libraries are not: then
// the ASan of the process must be told of our switches, or it takes the first throw on a greenlet's
// stack for an overflow.
//
// What leaves a flow is called through a pointer. That is as dear as calling Boost.Context's shared
// library, so without ASan nothing is paid for it.
#pragma once

#include <boost/context/detail/fcontext.hpp>

namespace grove {

struct Context;

struct Switching {
    using Jump = boost::context::detail::transfer_t (*)(boost::context::detail::fcontext_t, void*);

    Jump away = &boost::context::detail::jump_fcontext;      // comes back some time
    Jump for_good = &boost::context::detail::jump_fcontext;  // does not
    void (*begun)(const Context&) noexcept = nullptr;        // on a fresh stack

    /// Before a thread's first switch: from here on ASan is told, if it is there and this build
    /// does not tell it anyway. @pre whoever jumps has made the next greenlet the hub's current one
    static void look_for_asan() noexcept;
};

[[gnu::visibility("hidden")]] extern constinit Switching switching;

}  // namespace grove
