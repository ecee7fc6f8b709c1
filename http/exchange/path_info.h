// path_info.h - the path by which a request's mount and application are chosen.
#pragma once

#include <string_view>

namespace grove::http {

class RequestState;

/// The request's path, percent-decoded: once, however often it is asked for. Valid as long as the request.
[[nodiscard]] std::string_view path_info_of(RequestState& request);

}  // namespace grove::http
