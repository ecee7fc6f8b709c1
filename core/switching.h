// switching.h - the jumps by which a flow is left.
//
// They are called through pointers, so that whoever must hear of switches can stand in between
// (loaded_asan.h). That is as dear as calling Boost.Context's shared library, so nothing is paid for
// it while nobody does.
#pragma once

#include <boost/context/detail/fcontext.hpp>

namespace grove {

struct Context;

struct Switching {
    using Jump = boost::context::detail::transfer_t (*)(boost::context::detail::fcontext_t, void*);

    Jump away = &boost::context::detail::jump_fcontext;      // comes back some time
    Jump for_good = &boost::context::detail::jump_fcontext;  // does not
    void (*begun)(const Context&) noexcept = nullptr;        // on a fresh stack
};

/// All threads'. Written at most once, before the first switch of the process.
[[gnu::visibility("hidden")]] extern constinit Switching switching;

}  // namespace grove
