// head_record.h - what an access log's record says of a request's head.
#pragma once

#include <string_view>

#include <grove/http/access_log.h>

#include "request_head.h"

namespace grove::http {

/// Fills what the head tells. The views are the head's.
void describe_head(AccessRecord& record, const RequestHead& head) noexcept;
/// The request line of bytes that are no head, cut as a record's.
[[nodiscard]] std::string_view first_line(std::string_view bytes) noexcept;

}  // namespace grove::http
