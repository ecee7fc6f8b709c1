#include <grove/http/client_error.h>

namespace grove::http {

ClientError::~ClientError() = default;

}  // namespace grove::http
