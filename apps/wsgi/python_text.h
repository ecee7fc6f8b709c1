// python_text.h - Python's texts and errors as C++'s.
#pragma once

#include <string>
#include <string_view>

#include "python.h"

namespace grove::wsgi {

/// UTF-8; what it cannot say is escaped.
[[nodiscard]] std::string utf8_of(PyObject* text);
/// Each byte is one character, as PEP 3333 has it. @throws PythonError
[[nodiscard]] PyRef latin1_text(std::string_view bytes);
/// The bytes of such a text. @param what  for the error. @throws PythonError  it is not a str, or has other characters
[[nodiscard]] std::string latin1_bytes(PyObject* text, const char* what);
/// Python's error, with its traceback; null: there is none. It is cleared.
[[nodiscard]] PyRef take_error() noexcept;
/// Python's error as "ValueError: bad". It is cleared.
[[nodiscard]] std::string take_error_text();
/// Sets Python's error, and throws PythonError.
[[noreturn]] void raise(PyObject* type, const std::string& text);
/// Raises what sys.exc_info() has caught, with its traceback; a TypeError if it is not an exception. Throws PythonError.
[[noreturn]] void raise_again(PyObject* error);

/// What Python calls. No exception leaves `function`: it becomes Python's error, and null is returned.
template <class Function>
PyObject* for_python(Function function) noexcept {
    try {
        return function();
    } catch (const PythonError&) {
        return nullptr;
    } catch (const std::exception& error) {
        PyErr_SetString(PyExc_RuntimeError, error.what());
        return nullptr;
    }
}

}  // namespace grove::wsgi
