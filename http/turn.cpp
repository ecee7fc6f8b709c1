#include "turn.h"

#include "wsgi_service.h"

namespace grove::http {

Turn::~Turn() {
    if (service_ != nullptr) service_->end_turn(connection_);
}

void Turn::operator()() {
    Turn mine{std::move(*this)};
    mine.service_->serve(mine.connection_);
}

}  // namespace grove::http
