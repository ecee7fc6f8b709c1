// turns.h - a loop whose peer never makes it wait gives way to others all the same, and looks at its deadline.
#pragma once

#include <cstdint>

#include <grove/core/duration.h>

namespace grove::http {

/// Thread: its hub's.
class Turns {
public:
    /// Before each step that may find all it needs at once. After 32 in a row others have their turn; then it switches.
    /// @throws SocketTimeout  `limit` has passed, whether or not the step would have to wait
    void step(const Deadline& limit);

private:
    std::uint64_t polls_ = 0;  // of the hub, at the last step; more now: others had their turn
    int in_a_row_ = 0;
};

}  // namespace grove::http
