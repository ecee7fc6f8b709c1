// shield.h - a scope that no kill and no timeout enters. Thread: the greenlet's.
#pragma once

#include <grove/core/detail/export.h>

namespace grove {

/// While it lives, kills and timeouts of the greenlet that made it are held back. They are
/// delivered at the next blocking call after it; its end neither throws nor switches. Scopes nest.
class GROVE_EXPORT Shield {
public:
    Shield() noexcept;
    ~Shield();
    Shield(const Shield&) = delete;
    Shield& operator=(const Shield&) = delete;
};

}  // namespace grove
