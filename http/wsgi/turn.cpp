#include "turn.h"

#include <grove/core/greenlet.h>

#include "log_origin.h"
#include "slot_line.h"

namespace grove::http {

Turn::~Turn() {
    if (line_ != nullptr) line_->end_turn(connection_, slot_);
}

void Turn::operator()() {
    Turn mine{std::move(*this)};
    mine.greenlet_ = getcurrent().id();
    const OriginOfTurn origin{mine, mine.connection_};
    mine.line_->serve(mine.connection_, mine);
}

}  // namespace grove::http
