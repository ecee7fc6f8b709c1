// part_head.h - the fields of one part of a form (RFC 7578 section 4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <grove/http/headers.h>

namespace grove::web {

struct PartHead {
    std::string name{};
    std::optional<std::string> filename{};  ///< Its last component.
    http::Headers headers{};
};

/// @param text  lines, each with its CRLF
/// @throws HttpError of status 400
[[nodiscard]] PartHead parse_part_head(std::string_view text);

/// The boundary of a Content-Type that is multipart/form-data.
/// @throws HttpError of status 415 if it is another, 400 if it has no boundary that is one
[[nodiscard]] std::string boundary_of(std::string_view content_type);

}  // namespace grove::web
