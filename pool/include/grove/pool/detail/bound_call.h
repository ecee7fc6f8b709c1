// bound_call.h - a function with its arguments in a tuple, as apply() takes them.
//
// Nothing here is for users.
#pragma once

#include <concepts>
#include <tuple>
#include <type_traits>
#include <utility>

namespace grove {

struct NoCallback;

namespace detail {

template <class Tuple>
struct DecayedElements;
template <class... A>
struct DecayedElements<std::tuple<A...>> {
    using type = std::tuple<std::decay_t<A>...>;
    template <class F>
    using Result = std::decay_t<std::invoke_result_t<F&, std::decay_t<A>...>>;
    template <class F>
    static constexpr bool kInvocable = std::invocable<F&, std::decay_t<A>...>;
};

/// A function and a tuple of arguments for it: stored decayed, the arguments passed as rvalues.
template <class F, class Tuple>
concept Applicable = requires {
    typename DecayedElements<std::remove_cvref_t<Tuple>>::type;
}
&&DecayedElements<std::remove_cvref_t<Tuple>>::template kInvocable<std::decay_t<F>>;

// void for what is not applicable: Clang 14 looks at the result before it names the requirement.
template <class F, class Tuple>
struct ResultOfApplying {
    using type = void;
};
template <class F, class Tuple>
requires Applicable<F, Tuple>
struct ResultOfApplying<F, Tuple> {
    using type =
        typename DecayedElements<std::remove_cvref_t<Tuple>>::template Result<std::decay_t<F>>;
};
template <class F, class Tuple>
using ApplyResult = typename ResultOfApplying<F, Tuple>::type;

/// Holds a function and its arguments; to be called once.
template <class F, class Tuple>
class BoundCall {
public:
    template <class G, class T>
    BoundCall(G&& function, T&& arguments)
        : function_{std::forward<G>(function)}, arguments_{std::forward<T>(arguments)} {}

    ApplyResult<F, Tuple> operator()() { return std::apply(function_, std::move(arguments_)); }

private:
    F function_;
    Tuple arguments_;
};

template <class F, class Tuple>
auto bind_call(F&& function, Tuple&& arguments) {
    using Arguments = typename DecayedElements<std::remove_cvref_t<Tuple>>::type;
    return BoundCall<std::decay_t<F>, Arguments>{std::forward<F>(function),
                                                 std::forward<Tuple>(arguments)};
}

/// Calls back with a result, if there is a callback.
template <class Callback, class... Value>
void call_back(Callback& callback, const Value&... value) {
    if constexpr (!std::same_as<Callback, NoCallback>) callback(value...);
}

/// A callback that takes a result of R: callback(const R&), or callback() for void.
template <class Callback, class R>
struct TakesResult : std::bool_constant<std::invocable<std::decay_t<Callback>&, const R&>> {};
template <class Callback>
struct TakesResult<Callback, void> : std::bool_constant<std::invocable<std::decay_t<Callback>&>> {};

template <class Callback, class R>
concept CallbackFor =
    std::same_as<std::remove_cvref_t<Callback>, NoCallback> || TakesResult<Callback, R>::value;

}  // namespace detail
}  // namespace grove
