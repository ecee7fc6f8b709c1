// request_id_of.h - the id of a request that another greenlet serves.
#pragma once

#include <cstdint>
#include <string>

#include <grove/core/detail/export.h>

namespace grove::http {

/// Of the request that this greenlet serves, of any server of this thread, fit for a log; "": it serves none, or its
/// server gives none. It looks through all requests that run.
[[nodiscard]] GROVE_EXPORT std::string request_id_of(std::uint64_t greenlet);

/// The same request as "GET /path (request ID, stream 5)", as much as there is of that; "": it serves none.
[[nodiscard]] GROVE_EXPORT std::string request_text_of(std::uint64_t greenlet);

}  // namespace grove::http
