// checked_head.h - what start_response is given, checked in the caller's frame.
#pragma once

#include "job.h"
#include "python.h"

namespace grove::wsgi {

/// With the GIL. @throws PythonError  TypeError: not a str, a list, a tuple of two; ValueError: what HTTP forbids, and what
/// the server alone may set
[[nodiscard]] Head checked_head(PyObject* status, PyObject* headers);

}  // namespace grove::wsgi
