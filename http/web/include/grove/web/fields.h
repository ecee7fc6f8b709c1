// fields.h - names and values of a form, decoded, in the order they came. Thread: any, one at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <grove/core/detail/export.h>

namespace grove::web {

/// A value type. A name may come several times.
class GROVE_EXPORT Fields {
public:
    using Field = std::pair<std::string, std::string>;  ///< Name, value.

    Fields() = default;  ///< No fields.
    /// These fields, in this order.
    explicit Fields(std::vector<Field> fields) noexcept : fields_{std::move(fields)} {}

    /// The value of the first field of that name; nullopt: there is none. Case counts.
    [[nodiscard]] std::optional<std::string> get(std::string_view name) const;
    /// The values of all fields of that name.
    [[nodiscard]] std::vector<std::string> get_all(std::string_view name) const;
    [[nodiscard]] std::size_t size() const noexcept { return fields_.size(); }  ///< Their number.
    [[nodiscard]] bool empty() const noexcept { return fields_.empty(); }       ///< There is none.
    /// The fields in their order.
    [[nodiscard]] auto begin() const noexcept { return fields_.begin(); }
    [[nodiscard]] auto end() const noexcept { return fields_.end(); }  ///< Behind the last.

private:
    std::vector<Field> fields_;
};

}  // namespace grove::web
