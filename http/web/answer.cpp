#include "answer.h"

#include <string>
#include <utility>

#include <grove/http/status.h>

namespace grove::web {
namespace {

std::string status_line(int status) {
    if (status == 200) return "200 OK";
    std::string line = std::to_string(status);
    return line.append(" ").append(http::reason_phrase(status));
}

}  // namespace

Body send(Response response, http::StartResponse& start_response,
          const std::exception_ptr& replacing) {
    if (response.status != 0) {
        start_response(status_line(response.status), std::move(response.headers),
                       std::exception_ptr{replacing});
    }
    return std::move(response.body);
}

}  // namespace grove::web
