// group_scope.h - greenlets that do not outlive a scope (gevent: "with" over a greenlet). Thread: as Group.
#pragma once

#include <exception>

#include <grove/core/detail/export.h>
#include <grove/pool/group.h>

namespace grove {

/// A group whose members end before its scope does: on the normal way out it joins them, left by an
/// exception it kills and joins them. Both under a Shield: kills and timeouts of the waiting
/// greenlet come after. The destructor never throws; call join() before it, with raise_error, to
/// learn of failures.
///
/// The destructor switches, so it must not run in the hub (asserted). If nothing is left that
/// could end the members (LoopExit), that is reported, they are killed, and left behind if even
/// that does not end them.
class GROVE_EXPORT GroupScope : public Group {
public:
    GroupScope();
    ~GroupScope() override;

private:
    int exceptions_at_entry_;
};

}  // namespace grove
