// zip.h - the ranges of a map or imap, walked side by side, one item ahead at most.
//
// Nothing here is for users. A range that was given as an lvalue is referred to, and its items are
// copied. A range that was given as an rvalue is kept, and its items are moved. A view's items
// belong to somebody else and are copied if they can be.
#pragma once

#include <concepts>
#include <cstddef>
#include <iterator>
#include <optional>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>

namespace grove::detail {

template <class Range>
using Item = std::ranges::range_value_t<Range>;

/// A range for map() and imap(): each item can be made from what the range's iterator gives.
template <class Range>
concept Mappable = std::ranges::input_range<Range> &&
    std::constructible_from<Item<Range>, std::ranges::range_rvalue_reference_t<Range>>;

/// One range, referred to or kept.
template <class Range>
class RangeHolder {
public:
    explicit RangeHolder(Range&& range) : range_{std::move(range)} {}
    [[nodiscard]] Range& get() noexcept { return range_; }

private:
    Range range_;
};
template <class Range>
class RangeHolder<Range&> {
public:
    explicit RangeHolder(Range& range) noexcept : range_{&range} {}
    [[nodiscard]] Range& get() noexcept { return *range_; }

private:
    Range* range_;
};

/// An iterator that begins later. (An optional would do for all; GCC 12 then warns at -O3 of a
/// vector's iterator that may be used uninitialized.)
template <class Iterator>
class LateIterator {
public:
    [[nodiscard]] bool begun() const noexcept { return at_.has_value(); }
    void begin(Iterator first) { at_.emplace(std::move(first)); }
    Iterator& operator*() noexcept { return *at_; }

private:
    std::optional<Iterator> at_;
};
template <class Iterator>
requires std::default_initializable<Iterator>
class LateIterator<Iterator> {
public:
    [[nodiscard]] bool begun() const noexcept { return begun_; }
    void begin(Iterator first) {
        at_ = std::move(first);
        begun_ = true;
    }
    Iterator& operator*() noexcept { return at_; }

private:
    Iterator at_{};
    bool begun_ = false;
};

/// A position in one range. Making it does not touch the range.
template <class Range>
class Cursor {
    using Plain = std::remove_reference_t<Range>;
    using Reference = std::ranges::range_reference_t<Plain>;
    static constexpr bool kOwnsItems =
        !std::is_lvalue_reference_v<Range> && !std::ranges::view<std::remove_cv_t<Plain>>;
    static constexpr bool kCopies = !kOwnsItems && std::constructible_from<Item<Plain>, Reference>;

public:
    /// Goes to the next item; may block or throw, as the range does. @return false: no item is left
    bool advance(RangeHolder<Range>& holder) {
        if (!at_.begun()) {
            at_.begin(std::ranges::begin(holder.get()));
        } else {
            ++*at_;
        }
        return *at_ != std::ranges::end(holder.get());
    }
    [[nodiscard]] Item<Plain> item() {
        if constexpr (kCopies) {
            return Item<Plain>(**at_);
        } else {
            return Item<Plain>(std::ranges::iter_move(*at_));
        }
    }

private:
    LateIterator<std::ranges::iterator_t<Plain>> at_;
};

/// All ranges; they end with the shortest.
template <class... Ranges>
class Zip {
public:
    using Items = std::tuple<Item<std::remove_reference_t<Ranges>>...>;
    /// Some range is only referred to and must outlive the walk.
    static constexpr bool kBorrows = (std::is_lvalue_reference_v<Ranges> || ...);

    explicit Zip(Ranges&&... ranges)
        : ranges_{RangeHolder<Ranges>{std::forward<Ranges>(ranges)}...} {}

    class Walk {
    public:
        explicit Walk(Zip& zip) noexcept : zip_{zip} {}

        /// The next items. @return nullopt: the shortest range has ended
        std::optional<Items> next() { return next(std::index_sequence_for<Ranges...>{}); }

    private:
        template <std::size_t... I>
        std::optional<Items> next(std::index_sequence<I...>) {
            const bool all = (std::get<I>(cursors_).advance(std::get<I>(zip_.ranges_)) && ...);
            if (!all) return std::nullopt;
            return std::optional<Items>{std::in_place, std::get<I>(cursors_).item()...};
        }

        Zip& zip_;
        std::tuple<Cursor<Ranges>...> cursors_;
    };

private:
    std::tuple<RangeHolder<Ranges>...> ranges_;
};

/// The ranges as a template gets them: `Range&` or `Range`.
template <class... Ranges>
Zip<Ranges...> zip(Ranges&&... ranges) {
    return Zip<Ranges...>{std::forward<Ranges>(ranges)...};
}

}  // namespace grove::detail
