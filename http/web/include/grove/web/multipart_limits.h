// multipart_limits.h - how large a body of multipart/form-data may be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace grove::web {

/// A body that passes one of these limits causes an HttpError of status 413.
struct MultipartLimits {
    std::size_t parts = 1000;              ///< Parts of a body.
    std::size_t part_head_bytes = 8192;    ///< Bytes of the fields of one part.
    std::optional<std::uint64_t> bytes{};  ///< Of the whole body; nullopt: as the server allows.
};

}  // namespace grove::web
