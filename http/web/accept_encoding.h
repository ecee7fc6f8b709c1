// accept_encoding.h - which of our codings a client wants (RFC 9110 section 12.5.3).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "encoder.h"

namespace grove::web {

/// The one of `ours` that `field`, an Accept-Encoding, weighs most, of equal ones the first;
/// nullopt: none is accepted, or identity is weighed more. Of a field, whose length the client
/// chooses, 32 elements are looked at. Any thread.
[[nodiscard]] std::optional<Coding> wanted_coding(std::string_view field,
                                                  const std::vector<Coding>& ours) noexcept;

}  // namespace grove::web
