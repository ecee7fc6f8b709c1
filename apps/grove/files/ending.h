// ending.h - the end of greenlets that nobody waits for: those that applications began by themselves.
#pragma once

#include <cstdint>
#include <vector>

#include <grove/core/duration.h>
#include <grove/core/greenlet.h>

/// Ends all greenlets of this thread's hub but main and those that are spared. Thread: the hub's.
class Ending {
public:
    /// @param spared  those that were there before, or that are the program's own
    explicit Ending(std::vector<grove::AnyGreenlet> spared = {});

    /// Those that are to end and are not dead, oldest first, without the caller. Never switches.
    [[nodiscard]] std::vector<grove::AnyGreenlet> left() const;

    /// Kills them by GreenletExit, oldest first, and waits until they are dead; then does the same to those that were
    /// begun meanwhile, until there is none: so a greenlet may have others help it to end. Blocks. Where it is called
    /// again, as it was given too little time or its caller was killed, nobody is killed twice.
    /// @param time  of all together; nullopt: any time, but main does not wait for what nothing could wake
    /// @return false: some are left
    /// @throws what is thrown into the caller meanwhile, such as a kill
    bool wait(grove::Timespan time);

private:
    void kill(const std::vector<grove::AnyGreenlet>& those);

    std::vector<grove::AnyGreenlet> spared_;
    std::uint64_t last_killed_ = 0;  // the id: all older ones have been killed, too
};
