// shim.h - the part of the plugin that is written in Python (shim.py).
#pragma once

#include <string>

#include "python.h"
#include "settings.h"

namespace grove::wsgi {

/// With the GIL. Loaded once, and kept for ever.
class Shim {
public:
    /// @throws PythonError
    static void load();

    /// @throws std::runtime_error with one line; the traceback is in the log
    static PyRef application(const Settings& settings);
    static void begin_thread(const std::string& name);
    /// The traceback of Python's error goes to the log. @return the error in one line; it is cleared
    static std::string report() noexcept;
    /// A file that the kernel can send: (descriptor, offset, size); None.
    static PyRef sendable(PyObject* file);
    static std::string stacks();
    static void watch();
    static void run_exit_functions() noexcept;

    static PyObject* error_log() noexcept;
    static PyObject* file_wrapper() noexcept;
    static PyObject* request_killed() noexcept;
    static PyObject* client_disconnected() noexcept;
};

}  // namespace grove::wsgi
