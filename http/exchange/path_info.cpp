#include "path_info.h"

#include "request_state.h"
#include "target.h"

namespace grove::http {
namespace {

// Apart: a function that has a string of its own guards its stack.
[[gnu::noinline]] std::string_view decoded(RequestState& request, std::string_view path) {
    return request.made.emplace_back(percent_decode(path));
}

}  // namespace

std::string_view path_info_of(RequestState& request) {
    auto& path_info = request.viewed.path_info;
    if (!path_info) {
        const std::string_view path = request.head.path;
        path_info = path.find('%') == path.npos ? path : decoded(request, path);
    }
    return *path_info;
}

}  // namespace grove::http
