#include "served_request.h"

namespace grove::http {

ServedRequest::~ServedRequest() = default;

ClientWatch& ServedRequest::watch_client(Timespan abandoned) {
    own_watch_ = std::make_unique<ClientWatch>(*this, body, abandoned);
    watch = own_watch_.get();
    return *watch;
}

void ServedRequest::drop_watch() noexcept {
    watch = nullptr;
    own_watch_.reset();
}

}  // namespace grove::http
