// rows.h - what a query gave. Values: they outlive the connection. Any thread, one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <grove/core/detail/export.h>

namespace grove::postgres {
namespace detail {

class Result;  // the data, shared by Rows and each Row of them

struct GROVE_EXPORT Cell {
    std::shared_ptr<const Result> result;
    std::size_t row, column;

    [[nodiscard]] bool null() const noexcept;
    // Of a value that is not NULL. @throws std::invalid_argument, std::out_of_range
    [[nodiscard]] bool as_bool() const;
    [[nodiscard]] std::int64_t as_integer(std::int64_t least, std::int64_t most) const;
    [[nodiscard]] std::uint64_t as_unsigned(std::uint64_t most) const;
    [[nodiscard]] double as_double() const;
    [[nodiscard]] std::string as_string() const;
    [[noreturn]] void refuse_null() const;
};

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class T>
T value_of(const Cell& cell) {
    if constexpr (IsOptional<T>::value) {
        if (cell.null()) return std::nullopt;
        return value_of<typename T::value_type>(cell);
    } else {
        if (cell.null()) cell.refuse_null();
        if constexpr (std::is_same_v<T, bool>) {
            return cell.as_bool();
        } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
            return static_cast<T>(
                cell.as_integer(std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
        } else if constexpr (std::is_integral_v<T>) {
            return static_cast<T>(cell.as_unsigned(std::numeric_limits<T>::max()));
        } else if constexpr (std::is_same_v<T, double>) {
            return cell.as_double();
        } else {
            static_assert(std::is_same_v<T, std::string>,
                          "Row::get() gives bool, integers, double, std::string and "
                          "std::optional of these");
            return cell.as_string();
        }
    }
}

}  // namespace detail

/// One row. T of get() is bool, an integer type, double, std::string, or std::optional of one of
/// these, which is empty for NULL. A bytea as std::string: its bytes.
class GROVE_EXPORT Row {
public:
    /// @throws std::out_of_range: no such column (for a name: the first of it), or the number does
    /// not fit T; std::invalid_argument: NULL without std::optional, or text that is not a T
    template <class T>
    [[nodiscard]] T get(std::string_view column) const {
        return detail::value_of<T>(cell(column));
    }
    /// The same by the column's place, from 0.
    template <class T>
    [[nodiscard]] T get(std::size_t column) const {
        return detail::value_of<T>(cell(column));
    }
    /// The same: a literal 0 would also be a null pointer to text.
    template <class T>
    [[nodiscard]] T get(int column) const {
        return detail::value_of<T>(cell(static_cast<std::size_t>(column)));
    }

private:
    friend class Rows;
    Row(std::shared_ptr<const detail::Result> result, std::size_t row)
        : result_{std::move(result)}, row_{row} {}
    [[nodiscard]] detail::Cell cell(std::string_view column) const;
    [[nodiscard]] detail::Cell cell(std::size_t column) const;

    std::shared_ptr<const detail::Result> result_;  // shared: a row outlives its Rows
    std::size_t row_;
};

/// All rows of a query; without any for a statement that gives none.
class GROVE_EXPORT Rows {
public:
    /// Gives the rows in order.
    class Iterator {
    public:
        using iterator_concept = std::input_iterator_tag;
        using value_type = Row;
        using difference_type = std::ptrdiff_t;

        explicit Iterator(const Rows& rows, std::size_t at) : rows_{&rows}, at_{at} {}
        Row operator*() const { return (*rows_)[at_]; }  ///< The row that it is at.
        /// The next row.
        Iterator& operator++() {
            ++at_;
            return *this;
        }
        /// The same; gives where it was.
        Iterator operator++(int) { return Iterator{*rows_, at_++}; }
        /// They are at the same row. @pre both are of the same Rows
        bool operator==(const Iterator& other) const { return at_ == other.at_; }

    private:
        const Rows* rows_;
        std::size_t at_;
    };

    /// Made by Connection::query().
    explicit Rows(std::shared_ptr<const detail::Result> result) : result_{std::move(result)} {}

    [[nodiscard]] std::size_t size() const;     ///< Rows.
    [[nodiscard]] std::size_t columns() const;  ///< Columns.
    /// The name of a column. @throws std::out_of_range
    [[nodiscard]] std::string_view column(std::size_t at) const;
    [[nodiscard]] Row operator[](std::size_t row) const;  ///< @throws std::out_of_range
    [[nodiscard]] Iterator begin() const { return Iterator{*this, 0}; }     ///< The first row.
    [[nodiscard]] Iterator end() const { return Iterator{*this, size()}; }  ///< Behind the last.

private:
    std::shared_ptr<const detail::Result> result_;
};

}  // namespace grove::postgres
