// base_environ.h - what the environ of each request of an application has alike.
#pragma once

#include "python.h"
#include "request_text.h"

namespace grove::wsgi {

/// With the GIL; made once for an application.
class BaseEnviron {
public:
    /// @throws PythonError
    explicit BaseEnviron(bool multithread);

    /// A dict of its own for a request, without its wsgi.input. @throws PythonError
    [[nodiscard]] PyRef environ_of(const RequestText& text) const;

private:
    PyRef base_;
};

}  // namespace grove::wsgi
