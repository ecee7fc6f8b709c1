// stored_call.h - a function with its arguments, kept until it is called in a greenlet or a thread.
//
// Nothing here is for users; it is public because spawn() is a template. A function without arguments is most of them,
// and each lambda is a type of its own: it lies here bare, as each template around it costs its users' builds.
#pragma once

#include <functional>
#include <optional>
#include <tuple>
#include <utility>

namespace grove::detail {

/// Function and arguments are stored as std::thread stores them; the function is called as an
/// lvalue, its arguments are passed as rvalues.
template <class F, class... A>
class StoredCall {
public:
    template <class G, class... B>
    explicit StoredCall(G&& function, B&&... arguments)
        : parts_{std::in_place, std::forward<G>(function), std::forward<B>(arguments)...} {}

    /// Once at most, and not after drop().
    decltype(auto) operator()() {
        const auto invoke = [](F& function, A&... arguments) -> decltype(auto) {
            return std::invoke(function, std::move(arguments)...);
        };
        return std::apply(invoke, *parts_);
    }
    /// Destroys function and arguments, once.
    void drop() noexcept { parts_.reset(); }

private:
    std::optional<std::tuple<F, A...>> parts_;
};

template <class F>
class StoredCall<F> {
public:
    template <class G>
    explicit StoredCall(G&& function) : function_(std::forward<G>(function)) {}
    StoredCall(const StoredCall&) = delete;
    StoredCall& operator=(const StoredCall&) = delete;
    ~StoredCall() { drop(); }

    decltype(auto) operator()() { return function_(); }
    void drop() noexcept {
        if (!std::exchange(holds_, false)) return;
        function_.~F();
    }

private:
    union {
        F function_;
    };
    bool holds_ = true;
};

}  // namespace grove::detail
