// place.h - where the outcome of one item of a map or imap is put.
//
// Nothing here is for users; it is public because mapping is a template.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <type_traits>
#include <variant>

#include <grove/core/detail/export.h>

namespace grove::detail {

/// The type in which a function's result is kept.
template <class R>
using Kept = std::conditional_t<std::is_void_v<R>, std::monostate, R>;

/// The place for an item's outcome.
struct GROVE_EXPORT Place {
    enum class State : std::uint8_t { kRunning, kValue, kFailed, kKilled };

    Place() = default;
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    virtual ~Place();

    [[nodiscard]] bool ended() const noexcept { return state != State::kRunning; }
    /// The exception that next() throws in place of a value. @pre failed or killed
    [[nodiscard]] std::exception_ptr failure() const;

    State state = State::kRunning;
    std::exception_ptr error;
    Place* next = nullptr;
};

template <class R>
struct PlaceOf final : Place {
    std::optional<R> value;
};

}  // namespace grove::detail
