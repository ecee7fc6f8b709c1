// slot_task.h - what waits for a slot of the pool without being a request.
#pragma once

#include "deadline_line.h"

namespace grove::http {

/// SlotLine has it run, or drops it. It must live until then.
class SlotTask : public LineHook {
public:
    /// In a greenlet with a slot. It may block. @throws what killed the greenlet
    virtual void run() = 0;
    /// It will not run: the server was killed or goes, or there is no memory for a greenlet or to wait.
    virtual void dropped() noexcept = 0;

protected:
    ~SlotTask() = default;
};

}  // namespace grove::http
