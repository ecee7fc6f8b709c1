#include <grove/http/bad_request.h>

namespace grove::http {

BadRequest::~BadRequest() = default;
ClientDisconnected::~ClientDisconnected() = default;
PayloadTooLarge::~PayloadTooLarge() = default;

}  // namespace grove::http
