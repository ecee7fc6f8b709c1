#include <grove/postgres/rows.h>

#include <charconv>
#include <limits>
#include <new>
#include <stdexcept>
#include <system_error>

#include "result.h"

namespace grove::postgres {
namespace {

constexpr Oid kBytea = 17;  // pg_type.h

int as_int(std::size_t number) { return static_cast<int>(number); }

std::string_view text_in(const detail::Cell& cell) {
    const PGresult* result = cell.result->get();
    const int row = as_int(cell.row);
    const int column = as_int(cell.column);
    return {PQgetvalue(result, row, column),
            static_cast<std::size_t>(PQgetlength(result, row, column))};
}

std::string place_of(const detail::Cell& cell) {
    return "column \"" + std::string{PQfname(cell.result->get(), as_int(cell.column))} + "\"";
}

[[noreturn]] void refuse_value(const detail::Cell& cell, const char* wanted) {
    throw std::invalid_argument{place_of(cell) + ": \"" +
                                std::string{text_in(cell).substr(0, 100)} + "\" is not " + wanted};
}

[[noreturn]] void refuse_size(const detail::Cell& cell) {
    throw std::out_of_range{place_of(cell) + ": " + std::string{text_in(cell).substr(0, 100)} +
                            " does not fit the type that was asked for"};
}

template <class T>
T number_in(const detail::Cell& cell, const char* wanted) {
    const std::string_view text = text_in(cell);
    T value{};
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (error == std::errc::result_out_of_range && stopped == end) refuse_size(cell);
    if (error != std::errc{} || stopped != end) refuse_value(cell, wanted);
    return value;
}

}  // namespace

namespace detail {

bool Cell::null() const noexcept {
    return PQgetisnull(result->get(), as_int(row), as_int(column)) != 0;
}

bool Cell::as_bool() const {
    const std::string_view text = text_in(*this);
    if (text != "t" && text != "f") refuse_value(*this, "a boolean");
    return text == "t";
}

std::int64_t Cell::as_integer(std::int64_t least, std::int64_t most) const {
    const auto value = number_in<std::int64_t>(*this, "an integer");
    if (value < least || value > most) refuse_size(*this);
    return value;
}

std::uint64_t Cell::as_unsigned(std::uint64_t most) const {
    if (text_in(*this).starts_with('-')) {
        // Unless it is not a number at all.
        static_cast<void>(as_integer(std::numeric_limits<std::int64_t>::min(), 0));
        refuse_size(*this);
    }
    const auto value = number_in<std::uint64_t>(*this, "an integer");
    if (value > most) refuse_size(*this);
    return value;
}

double Cell::as_double() const { return number_in<double>(*this, "a number"); }

std::string Cell::as_string() const {
    const std::string_view text = text_in(*this);
    if (PQftype(result->get(), as_int(column)) != kBytea) return std::string{text};
    std::size_t bytes = 0;
    const std::unique_ptr<unsigned char, FreedBy<PQfreemem>> decoded{
        PQunescapeBytea(reinterpret_cast<const unsigned char*>(text.data()), &bytes)};
    if (decoded == nullptr) throw std::bad_alloc{};
    return {reinterpret_cast<const char*>(decoded.get()), bytes};
}

void Cell::refuse_null() const {
    throw std::invalid_argument{place_of(*this) + ": NULL, which only a std::optional can hold"};
}

}  // namespace detail

detail::Cell Row::cell(std::string_view column) const {
    const PGresult* result = result_->get();
    for (int at = 0; at < PQnfields(result); ++at) {
        if (column == PQfname(result, at)) return {result_, row_, static_cast<std::size_t>(at)};
    }
    throw std::out_of_range{"there is no column \"" + std::string{column} + "\""};
}

detail::Cell Row::cell(std::size_t column) const {
    if (column >= static_cast<std::size_t>(PQnfields(result_->get()))) {
        throw std::out_of_range{"there is no column " + std::to_string(column) + ", but " +
                                std::to_string(PQnfields(result_->get())) + " columns"};
    }
    return {result_, row_, column};
}

std::size_t Rows::size() const { return static_cast<std::size_t>(PQntuples(result_->get())); }
std::size_t Rows::columns() const { return static_cast<std::size_t>(PQnfields(result_->get())); }

std::string_view Rows::column(std::size_t at) const {
    if (at >= columns()) throw std::out_of_range{"there is no column " + std::to_string(at)};
    return PQfname(result_->get(), as_int(at));
}

Row Rows::operator[](std::size_t row) const {
    if (row >= size()) {
        throw std::out_of_range{"there is no row " + std::to_string(row) + ", but " +
                                std::to_string(size()) + " rows"};
    }
    return Row{result_, row};
}

}  // namespace grove::postgres
