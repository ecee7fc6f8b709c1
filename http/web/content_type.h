// content_type.h - a media type and its parameters (RFC 9110 section 8.3), or a Content-Disposition's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace grove::web {

/// What stands before the first ';', without blanks around it.
[[nodiscard]] std::string_view media_type_of(std::string_view field) noexcept;

/// How a quoted value says '"' and '\'.
enum class Quoting {
    kField,  ///< A backslash before any byte is not part of the value (RFC 9110 section 5.6.4).
    kForm,  ///< A backslash is itself, save before a '"' with more behind it: as browsers write names.
};

/// Each parameter is a token, '=', and a value that is whole: what parameter_of() reads over.
[[nodiscard]] bool has_whole_parameters(std::string_view field, Quoting quoting);

/// The first parameter of that name, in any case, its quotes taken off; nullopt: there is none, or
/// what stands before it is broken.
[[nodiscard]] std::optional<std::string> parameter_of(std::string_view field, std::string_view name,
                                                      Quoting quoting);

}  // namespace grove::web
