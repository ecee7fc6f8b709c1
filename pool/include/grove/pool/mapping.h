// mapping.h - apply, map and imap of groups, pools and thread pools (gevent's GroupMappingMixin).
//
// Thread: that of the pool's hub. Functions are copied or moved into storage of their own and
// called as lvalues, from several greenlets at a time; arguments and items are passed as rvalues. R
// is what the function returns, decayed.
//
// Ranges need only be input ranges, and may block in their `++` (a Queue). A range given as an
// lvalue is referred to: it must outlive the call (for imap, the iteration), and its items are
// copied. A range given as an rvalue is kept, and its items are moved. Items are taken lazily: at
// most one item is held.
//
// No task that apply() or map() started outlives the call. An imap takes no further item once its
// iterator is gone.
#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <grove/core/errors.h>
#include <grove/core/greenlet.h>
#include <grove/pool/detail/bound_call.h>
#include <grove/pool/detail/feeding.h>
#include <grove/pool/detail/zip.h>
#include <grove/pool/imap.h>

namespace grove {

/// No callback.
struct NoCallback {};

namespace detail {

/// A function that can be called with an item of each range.
template <class F, class... Ranges>
concept MappableWith = sizeof...(Ranges) > 0 &&
                       (Mappable<std::remove_reference_t<Ranges>> && ...) &&
                       std::invocable<std::decay_t<F>&, Item<std::remove_reference_t<Ranges>>...>;

// void for what is not mappable: Clang 14 looks at the result before it names the requirement.
template <class F, class... Ranges>
struct ResultOfMapping {
    using type = void;
};
template <class F, class... Ranges>
requires MappableWith<F, Ranges...>
struct ResultOfMapping<F, Ranges...> {
    using type = std::decay_t<
        std::invoke_result_t<std::decay_t<F>&, Item<std::remove_reference_t<Ranges>>...>>;
};
template <class F, class... Ranges>
using MapResult = typename ResultOfMapping<F, Ranges...>::type;

template <class R>
struct VectorOfResults {
    using type = std::vector<R>;
};
template <>
struct VectorOfResults<void> {
    using type = void;
};
template <class R>
using VectorOf = typename VectorOfResults<R>::type;

template <class F>
concept NotMaxsize = !std::same_as<std::remove_cvref_t<F>, Maxsize>;

}  // namespace detail

/// apply, map and imap of a Group, a Pool or a ThreadPool (gevent's GroupMappingMixin). Functions
/// and arguments are copied or moved in, as std::thread does; ranges given as lvalues are referred
/// to. All calls belong to the hub's thread.
template <class Derived>
class GroupMapping {
public:
    /// Runs `function` with the elements of `arguments` as a member, and returns its result. Blocks
    /// for a slot and for the result. When a member calls it, the function runs inline.
    /// @throws what the function threw; Killed if the task was killed
    /// @throws what interrupts the wait: the task was killed then, and has ended (a ThreadPool's
    /// task runs on, and its result is dropped)
    template <class F, class Tuple = std::tuple<>>
    requires detail::Applicable<F, Tuple>
    auto apply(F&& function, Tuple&& arguments = {}) -> detail::ApplyResult<F, Tuple> {
        auto call = detail::bind_call(std::forward<F>(function), std::forward<Tuple>(arguments));
        if (self().called_by_member()) return call();
        return self().run_and_wait(std::move(call));
    }

    /// apply(), then callback(const R&), or callback() for void. The callback runs in a greenlet of
    /// its own: it has not run yet on return, and R must be copyable. With a ThreadPool the caller
    /// runs it, before the return.
    template <class F, class Tuple = std::tuple<>, class Callback = NoCallback>
    requires detail::Applicable<F, Tuple> &&
        detail::CallbackFor<Callback, detail::ApplyResult<F, Tuple>>
    auto apply_cb(F&& function, Tuple&& arguments = {}, Callback&& callback = {})
        -> detail::ApplyResult<F, Tuple> {
        if constexpr (std::is_void_v<detail::ApplyResult<F, Tuple>>) {
            apply(std::forward<F>(function), std::forward<Tuple>(arguments));
            self().after_apply(std::forward<Callback>(callback));
        } else {
            auto result = apply(std::forward<F>(function), std::forward<Tuple>(arguments));
            self().after_apply(std::forward<Callback>(callback), result);
            return result;
        }
    }

    /// Never blocks: makes a member if there is room, else (with a ThreadPool: always) a greenlet
    /// that waits for a slot and is not yet a member. The callback runs in a greenlet of its
    /// own, on success only.
    template <class F, class Tuple = std::tuple<>, class Callback = NoCallback>
    requires detail::Applicable<F, Tuple> &&
        detail::CallbackFor<Callback, detail::ApplyResult<F, Tuple>>
    auto apply_async(F&& function, Tuple&& arguments = {}, Callback&& callback = {})
        -> Greenlet<detail::ApplyResult<F, Tuple>> {
        auto greenlet = self().spawn_async(
            detail::bind_call(std::forward<F>(function), std::forward<Tuple>(arguments)));
        if constexpr (!std::same_as<std::remove_cvref_t<Callback>, NoCallback>)
            call_back_on_success(greenlet, std::forward<Callback>(callback));
        return greenlet;
    }

    /// Calls `function` with every item, in tasks of the pool. When a member of a full pool calls
    /// it, items run inline, so that the member does not wait for itself.
    /// @return the results in the order of the items; nothing if R is void
    /// @throws the exception of the failed task whose item comes first (Killed if it was killed):
    /// after a failure no further item is started, and running tasks are waited for
    /// @throws what the range threw, if no task of an earlier item failed
    /// @throws Killed if the pool is killed before all items were started
    /// @throws what interrupts the wait: running tasks are killed then (threads excepted), and have
    /// ended
    template <class F, class Range>
    requires detail::MappableWith<F, Range>
    auto map(F&& function, Range&& range) -> detail::VectorOf<detail::MapResult<F, Range>> {
        auto job = make_job(std::forward<F>(function), detail::MappingJob::OnFailure::kStop);
        auto zip = detail::zip<Range>(std::forward<Range>(range));
        return collect<detail::MapResult<F, Range>>(job, zip);
    }

    /// map(), then callback(const std::vector<R>&), or callback() if R is void. The caller runs the
    /// callback; what the callback throws comes out of the call.
    template <class F, class Range, class Callback = NoCallback>
    requires detail::MappableWith<F, Range> &&
        detail::CallbackFor<Callback, detail::VectorOf<detail::MapResult<F, Range>>>
    auto map_cb(F&& function, Range&& range, Callback&& callback = {})
        -> detail::VectorOf<detail::MapResult<F, Range>> {
        if constexpr (std::is_void_v<detail::MapResult<F, Range>>) {
            map(std::forward<F>(function), std::forward<Range>(range));
            detail::call_back(callback);
        } else {
            auto results = map(std::forward<F>(function), std::forward<Range>(range));
            detail::call_back(callback, results);
            return results;
        }
    }

    /// Starts a greenlet, not a member, that runs map_cb(). Killing the greenlet ends its tasks; a
    /// kill of the pool ends the greenlet, as if it had been killed.
    template <class F, class Range, class Callback = NoCallback>
    requires detail::MappableWith<F, Range> &&
        detail::CallbackFor<Callback, detail::VectorOf<detail::MapResult<F, Range>>>
    auto map_async(F&& function, Range&& range, Callback&& callback = {})
        -> Greenlet<detail::VectorOf<detail::MapResult<F, Range>>> {
        using R = detail::MapResult<F, Range>;
        return grove::spawn(
            [this, job = make_job(std::forward<F>(function), detail::MappingJob::OnFailure::kStop),
             zip = detail::zip<Range>(std::forward<Range>(range)),
             callback = std::decay_t<Callback>(std::forward<Callback>(callback))]() mutable {
                if constexpr (std::is_void_v<R>) {
                    collect<R>(job, zip, true);
                    detail::call_back(callback);
                } else {
                    auto results = collect<R>(job, zip, true);
                    detail::call_back(callback, results);
                    return results;
                }
            });
    }

    /// Starts at once to call `function` with every item, in tasks of the pool; several ranges are
    /// walked side by side and end with the shortest. Results come in the order of the items. A
    /// void function gives std::monostate.
    template <class F, class... Ranges>
    requires detail::NotMaxsize<F> && detail::MappableWith<F, Ranges...>
    auto imap(F&& function, Ranges&&... ranges)
        -> IMap<detail::Kept<detail::MapResult<F, Ranges...>>> {
        return imap(Maxsize{0}, std::forward<F>(function), std::forward<Ranges>(ranges)...);
    }
    /// The same; at most maxsize.value results wait to be consumed or are being made.
    template <class F, class... Ranges>
    requires detail::MappableWith<F, Ranges...>
    auto imap(Maxsize maxsize, F&& function, Ranges&&... ranges)
        -> IMap<detail::Kept<detail::MapResult<F, Ranges...>>> {
        return IMap<detail::Kept<detail::MapResult<F, Ranges...>>>{
            start_imap(detail::MappingJob::Order::kOfInput, maxsize, std::forward<F>(function),
                       std::forward<Ranges>(ranges)...)};
    }

    /// As imap(), but results come in the order of completion.
    template <class F, class... Ranges>
    requires detail::NotMaxsize<F> && detail::MappableWith<F, Ranges...>
    auto imap_unordered(F&& function, Ranges&&... ranges)
        -> IMapUnordered<detail::Kept<detail::MapResult<F, Ranges...>>> {
        return imap_unordered(Maxsize{0}, std::forward<F>(function),
                              std::forward<Ranges>(ranges)...);
    }
    /// The same; at most maxsize.value results are started and not yet taken.
    template <class F, class... Ranges>
    requires detail::MappableWith<F, Ranges...>
    auto imap_unordered(Maxsize maxsize, F&& function, Ranges&&... ranges)
        -> IMapUnordered<detail::Kept<detail::MapResult<F, Ranges...>>> {
        return IMapUnordered<detail::Kept<detail::MapResult<F, Ranges...>>>{
            start_imap(detail::MappingJob::Order::kOfCompletion, maxsize, std::forward<F>(function),
                       std::forward<Ranges>(ranges)...)};
    }

protected:
    GroupMapping() = default;
    ~GroupMapping() = default;

private:
    Derived& self() noexcept { return static_cast<Derived&>(*this); }

    template <class F>
    auto make_job(F&& function, detail::MappingJob::OnFailure on_failure,
                  detail::MappingJob::Order order = detail::MappingJob::Order::kOfInput,
                  Maxsize maxsize = {0}) {
        using Function = std::decay_t<F>;
        self().check_thread("map() or imap()");
        return detail::FeederShare<Function>{
            *new detail::JobOf<Function>{std::forward<F>(function), self().jobs(), self().slots(),
                                         order, on_failure, maxsize.value}};
    }

    /// @param quietly true: if the job was killed, the running greenlet ends as by a kill
    template <class R, class F, class ZipOfRanges>
    auto collect(detail::FeederShare<F>& job, ZipOfRanges& zip, bool quietly = false)
        -> detail::VectorOf<R> {
        detail::feed_and_wait<R>(self(), job, zip, self().called_by_member());
        if (quietly && job->killed()) throw GreenletExit{};
        if (const std::exception_ptr failure = job->failure()) std::rethrow_exception(failure);
        if constexpr (!std::is_void_v<R>) {
            std::vector<R> results;
            results.reserve(job->place_count());
            while (job->place_count() > 0) {
                const std::unique_ptr<detail::Place> place = job->take_first();
                results.push_back(*std::move(static_cast<detail::PlaceOf<R>&>(*place).value));
            }
            return results;
        }
    }

    template <class F, class... Ranges>
    detail::ImapHold start_imap(detail::MappingJob::Order order, Maxsize maxsize, F&& function,
                                Ranges&&... ranges) {
        using R = detail::MapResult<F, Ranges...>;
        using ZipOfRanges = detail::Zip<Ranges...>;
        auto share = make_job(std::forward<F>(function), detail::MappingJob::OnFailure::kGoOn,
                              order, maxsize);
        detail::MappingJob& job = *share;
        auto feeder = grove::spawn(detail::ImapFeeder<R, Derived, std::decay_t<F>, ZipOfRanges>{
            self(), std::move(share), ZipOfRanges{std::forward<Ranges>(ranges)...}});
        return detail::ImapHold{job, std::move(feeder), ZipOfRanges::kBorrows};
    }

    template <class T, class Callback>
    static void call_back_on_success(const Greenlet<T>& greenlet, Callback&& callback) {
        // Shared, since links are copyable and a callback need not be.
        auto shared = std::make_shared<std::decay_t<Callback>>(std::forward<Callback>(callback));
        greenlet.link_value([greenlet, shared](const AnyGreenlet&) {
            if constexpr (std::is_void_v<T>) {
                try {
                    greenlet.get(false);
                } catch (const Killed&) {
                    return;
                }
                (*shared)();
            } else if (greenlet.value() != nullptr) {
                (*shared)(*greenlet.value());
            }
        });
    }
};

}  // namespace grove
