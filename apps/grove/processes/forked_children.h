// forked_children.h - what a process is not to keep that an application forks.
#pragma once

#include <vector>

namespace grove::http {

/// From now on a process that this one forks, and that executes nothing, closes these listening descriptors at once: it
/// would keep their addresses taken when all workers have ended, and clients would wait in their queues. To be called
/// once in a process, a worker, before anything of an application runs there.
/// @throws std::system_error
void close_in_forked_children(const std::vector<std::vector<int>>& listeners);

}  // namespace grove::http
