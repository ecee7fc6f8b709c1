// input_object.h - wsgi.input, as Python sees it.
#pragma once

#include "body_reader.h"
#include "held_object.h"

namespace grove::wsgi {

/// The type of what stands for a BodyReader. Made once, and kept for ever. With the GIL. @throws PythonError
PyTypeObject* input_type();

}  // namespace grove::wsgi
