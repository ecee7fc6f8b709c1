// large_thread.h - a thread with the stack that Python expects.
#pragma once

#include <functional>
#include <string>

namespace grove::wsgi {

/// Detached. The function must not throw. @param name  at most 15 bytes
/// @throws std::system_error
void start_large_thread(const std::string& name, std::function<void()> function);

}  // namespace grove::wsgi
