// path_info.h - the path of a request, as its application and its mount are chosen by it.
#pragma once

#include <string_view>

namespace grove::http {

class RequestState;

/// Percent-decoded, once for a request however often it is asked for. Valid as long as the request.
[[nodiscard]] std::string_view path_info_of(RequestState& request);

}  // namespace grove::http
