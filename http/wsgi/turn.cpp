#include "turn.h"

#include <grove/core/greenlet.h>

#include "wsgi_service.h"

namespace grove::http {

Turn::~Turn() {
    if (service_ != nullptr) service_->end_turn(connection_, slot_);
}

void Turn::operator()() {
    Turn mine{std::move(*this)};
    mine.greenlet_ = getcurrent().id();
    mine.service_->serve(mine.connection_, mine);
}

}  // namespace grove::http
