#include "answer.h"

#include <string>
#include <string_view>
#include <utility>

#include <grove/http/status.h>

namespace grove::web {
namespace {

std::string status_line(int status) {
    constexpr std::string_view kOk = "200 OK";
    if (status == 200) return std::string{kOk};
    std::string line = std::to_string(status);
    return line.append(" ").append(http::reason_phrase(status));
}

}  // namespace

Body send(Response&& response, http::StartResponse& start_response,
          std::exception_ptr&& replacing) {
    if (response.status != 0) {
        start_response(status_line(response.status), std::move(response.headers),
                       std::move(replacing));
    }
    return std::move(response.body);
}

}  // namespace grove::web
