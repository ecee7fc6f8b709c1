// accept.h - what the field Accept prefers.
#pragma once

#include <string_view>

namespace grove::web {

/// Whether the field Accept has application/json, or a type of +json, before all others: by
/// weight, then as they stand there.
[[nodiscard]] bool prefers_json(std::string_view accept) noexcept;

}  // namespace grove::web
