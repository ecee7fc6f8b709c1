// group_scope.h - greenlets that do not outlive a scope (gevent: "with" over a greenlet). Thread:
// as Group.
#pragma once

#include <exception>

#include <grove/core/detail/export.h>
#include <grove/pool/group.h>

namespace grove {

/// A group whose members end before its scope does. At the scope's normal end it joins them; when
/// an exception leaves the scope, it kills and joins them. Both happen under a Shield: kills and
/// timeouts of the waiting greenlet come afterwards. The destructor never throws; to learn of
/// failures, call join() before it, with raise_error.
///
/// The destructor switches, so it must not run in the hub (asserted). If nothing is left that could
/// end the members, the LoopExit is reported and the members are killed; members that do not end
/// even then are left behind.
class GROVE_EXPORT GroupScope : public Group {
public:
    GroupScope();
    ~GroupScope() override;

private:
    int exceptions_at_entry_;
};

}  // namespace grove
