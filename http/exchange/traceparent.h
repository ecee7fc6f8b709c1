// traceparent.h - the trace that a request belongs to.
#pragma once

#include <string_view>

namespace grove::http {

class RequestState;

/// That of a trusted peer, else one that is made when first asked for; "" if the server has none.
/// Valid as long as the request.
[[nodiscard]] std::string_view traceparent_of(RequestState& request);

}  // namespace grove::http
