// start_python.h - Python's start, in the thread that is to be its main thread.
#pragma once

#include <string>

namespace grove::wsgi {

/// The caller has the GIL then. @param venv  its folder; "": none
/// @throws std::runtime_error  Python says why it cannot be
void start_python(const std::string& venv);

}  // namespace grove::wsgi
