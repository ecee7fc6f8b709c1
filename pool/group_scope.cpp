#include <grove/pool/group_scope.h>

#include <grove/core/detail/assert.h>
#include <grove/core/errors.h>
#include <grove/core/hub.h>
#include <grove/core/shield.h>

namespace grove {

GroupScope::GroupScope() : exceptions_at_entry_{std::uncaught_exceptions()} {}

GroupScope::~GroupScope() {
    if (empty()) return;
    GROVE_ASSERT(!get_hub().in_hub(), "a GroupScope with members ended in the hub");
    const Shield shield;
    bool kill_them = std::uncaught_exceptions() > exceptions_at_entry_;
    for (int attempt = 0; attempt < 2; ++attempt) {
        try {
            if (kill_them) kill();
            join();
            return;
        } catch (const LoopExit&) {
            get_hub().handle_error("the end of a GroupScope", std::current_exception());
        }
        kill_them = true;
    }
}

}  // namespace grove
