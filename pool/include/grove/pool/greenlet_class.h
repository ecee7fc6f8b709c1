// greenlet_class.h - code that runs around the function of every greenlet that a group makes
// (gevent's greenlet_class). Thread: the group's.
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <grove/core/detail/export.h>
#include <grove/core/errors.h>
#include <grove/core/greenlet.h>

namespace grove {

/// Derive from it to set something up around each greenlet of a group: a log context, a
/// transaction, a counter. It is kept alive until the greenlets made with it have ended.
struct GROVE_EXPORT GreenletClass {
    GreenletClass() = default;
    GreenletClass(const GreenletClass&) = default;
    GreenletClass& operator=(const GreenletClass&) = default;
    virtual ~GreenletClass();

    /// Runs inside the new greenlet. Call `body` once: it is the greenlet's function, and throws
    /// what the function throws. If run() returns without the function's result, because it did not
    /// call `body` or swallowed its exception, the greenlet ends as if killed: get() throws Killed.
    virtual void run(const AnyGreenlet& self, const std::function<void()>& body) const;
};

namespace detail {

using GreenletClassPtr = std::shared_ptr<const GreenletClass>;

/// Runs `body` inside of `greenlet_class`. @throws GreenletExit if the class did not let it finish
GROVE_EXPORT void run_in_class(const GreenletClass& greenlet_class, const AnyGreenlet& self,
                               const std::function<void()>& body);

/// Calls `call` in the running greenlet, inside of `greenlet_class` (null: without a class), and
/// returns its result.
template <class Call>
auto call_in_class(const GreenletClassPtr& greenlet_class, Call& call) {
    using R = std::invoke_result_t<Call&>;
    if (greenlet_class == nullptr) return call();
    const AnyGreenlet self = getcurrent();
    const GreenletClassPtr kept = greenlet_class;
    if constexpr (std::is_void_v<R>) {
        run_in_class(*kept, self, [&] { call(); });
    } else {
        std::optional<R> result;
        run_in_class(*kept, self, [&] { result.emplace(call()); });
        return R{*std::move(result)};
    }
}

/// The function of a greenlet that a group has made.
template <class T, class F, class... A>
class MemberFunction final : public GreenletFunction<T, F, A...> {
    using Base = GreenletFunction<T, F, A...>;

public:
    template <class... B>
    explicit MemberFunction(GreenletClassPtr greenlet_class, const SpawnOptions& options, B&&... b)
        : Base{options, std::forward<B>(b)...}, class_{std::move(greenlet_class)} {}

    void call() override {
        if (class_ == nullptr) {
            Base::call();
        } else {
            run_in_class(*class_, AnyGreenlet{this}, [this] { Base::call(); });
        }
    }
    void drop_function() noexcept override {
        Base::drop_function();
        class_.reset();
    }

private:
    GreenletClassPtr class_;
};

template <class F, class... A>
auto make_member(const GreenletClassPtr& greenlet_class, const SpawnOptions& options, F&& function,
                 A&&... arguments) {
    using R = SpawnResult<F, A...>;
    return Greenlet<R>{new MemberFunction<R, std::decay_t<F>, std::decay_t<A>...>{
        greenlet_class, options, std::forward<F>(function), std::forward<A>(arguments)...}};
}

}  // namespace detail
}  // namespace grove
