// wait.h - waiting for several greenlets, and killing several (gevent.wait, iwait, joinall,
// killall).
//
// All take a vector, or any input range, of handles. A null handle: std::logic_error. Thread: the
// greenlets'.
#pragma once

#include <concepts>
#include <cstddef>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/core/duration.h>
#include <grove/core/greenlet.h>

namespace grove {
namespace detail {

/// Any range of handles but the vector that the plain overloads take.
template <class R>
concept HandleRange = std::ranges::input_range<R> &&
    std::convertible_to<std::ranges::range_reference_t<R>, AnyGreenlet> &&
    !std::same_as<std::remove_cvref_t<R>, std::vector<AnyGreenlet>>;

template <class R>
std::vector<AnyGreenlet> handles_of(R&& range) {
    std::vector<AnyGreenlet> handles;
    for (auto&& handle : range) handles.push_back(handle);
    return handles;
}

GROVE_EXPORT void kill_all(const std::vector<AnyGreenlet>& greenlets, std::exception_ptr exception,
                           bool block, Timespan timeout);

template <class E>
std::exception_ptr pointer_to(E exception) {
    if constexpr (std::same_as<E, std::exception_ptr>) {
        return exception;
    } else {
        return std::make_exception_ptr(std::move(exception));
    }
}

}  // namespace detail

/// Gives greenlets one by one as they end; those that are dead already come first, in list order.
/// An input range; movable. When destroyed, it leaves nothing on the other greenlets.
class GROVE_EXPORT IWait {
public:
    /// Takes the next greenlet with each step, which may block.
    class Iterator {
    public:
        using iterator_concept = std::input_iterator_tag;
        using value_type = AnyGreenlet;
        using difference_type = std::ptrdiff_t;

        explicit Iterator(IWait& from) : from_{&from}, greenlet_{from.next()} {}
        /// The greenlet that ended.
        const AnyGreenlet& operator*() const noexcept { return *greenlet_; }
        Iterator& operator++() {
            greenlet_ = from_->next();
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const Iterator& iterator, std::default_sentinel_t) noexcept {
            return !iterator.greenlet_;
        }

    private:
        IWait* from_;
        std::optional<AnyGreenlet> greenlet_;
    };

    /// `timeout` counts from here and covers all calls; at most `count` greenlets are given.
    explicit IWait(std::vector<AnyGreenlet> greenlets, Timespan timeout = {},
                   std::optional<std::size_t> count = {});
    IWait(IWait&&) noexcept;
    IWait& operator=(IWait&&) noexcept;
    ~IWait();

    /// Blocks until the next greenlet ends. @return nullopt: all were given, or the time has passed
    std::optional<AnyGreenlet> next();

    [[nodiscard]] Iterator begin() { return Iterator{*this}; }  ///< Blocks as next() does.
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }  ///< See begin().

private:
    struct Watch;
    std::unique_ptr<Watch> watch_;
};

inline IWait iwait(std::vector<AnyGreenlet> greenlets, Timespan timeout = {},
                   std::optional<std::size_t> count = {}) {
    return IWait{std::move(greenlets), timeout, count};
}
template <detail::HandleRange R>
IWait iwait(R&& greenlets, Timespan timeout = {}, std::optional<std::size_t> count = {}) {
    return IWait{detail::handles_of(greenlets), timeout, count};
}

/// Blocks until `count` of them (nullopt: all) are dead, at most `timeout`.
/// @return the dead greenlets in the order in which they ended; those that were dead at the call
/// come first, in list order
GROVE_EXPORT std::vector<AnyGreenlet> wait(const std::vector<AnyGreenlet>& greenlets,
                                           Timespan timeout = {},
                                           std::optional<std::size_t> count = {});
template <detail::HandleRange R>
std::vector<AnyGreenlet> wait(R&& greenlets, Timespan timeout = {},
                              std::optional<std::size_t> count = {}) {
    return wait(detail::handles_of(greenlets), timeout, count);
}

/// Blocks until all are dead, at most `timeout`; does not throw when `timeout` passes.
/// @param raise_error throw the exception of the first greenlet that fails, at once, without
/// waiting for the others
GROVE_EXPORT void joinall(const std::vector<AnyGreenlet>& greenlets, Timespan timeout = {},
                          bool raise_error = false);
template <detail::HandleRange R>
void joinall(R&& greenlets, Timespan timeout = {}, bool raise_error = false) {
    joinall(detail::handles_of(greenlets), timeout, raise_error);
}

/// Kills all: greenlets that never ran die at once, the others in list order, the running greenlet
/// last. With `block`, waits until all are dead (main is not waited for).
/// @throws Timeout (with id 0) if `timeout` passes first
/// @throws std::invalid_argument for a null std::exception_ptr; any other stands for what it points
/// at
template <class E = GreenletExit>
requires(!std::same_as<E, bool>) void killall(const std::vector<AnyGreenlet>& greenlets,
                                              E exception = {}, bool block = true,
                                              Timespan timeout = {}) {
    detail::kill_all(greenlets, detail::pointer_to(std::move(exception)), block, timeout);
}
template <detail::HandleRange R, class E = GreenletExit>
requires(!std::same_as<E, bool>) void killall(R&& greenlets, E exception = {}, bool block = true,
                                              Timespan timeout = {}) {
    detail::kill_all(detail::handles_of(greenlets), detail::pointer_to(std::move(exception)), block,
                     timeout);
}

}  // namespace grove
