// start_response_object.h - start_response, and the write() that it returns, as Python sees them.
#pragma once

#include "answer.h"
#include "held_object.h"

namespace grove::wsgi {

/// The type of what stands for an Answer. Made once, and kept for ever. With the GIL. @throws PythonError
PyTypeObject* start_response_type();

}  // namespace grove::wsgi
