#include "python_text.h"

namespace grove::wsgi {

std::string utf8_of(PyObject* text) {
    const PyRef bytes = PyRef::taken(PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace"));
    if (!bytes) {
        PyErr_Clear();
        return "?";
    }
    return {PyBytes_AS_STRING(bytes.get()),
            static_cast<std::size_t>(PyBytes_GET_SIZE(bytes.get()))};
}

PyRef latin1_text(std::string_view bytes) {
    return PyRef::checked(
        PyUnicode_DecodeLatin1(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), nullptr));
}

std::string latin1_bytes(PyObject* text, const char* what) {
    if (PyUnicode_Check(text) == 0)
        raise(PyExc_TypeError, std::string{what} + " must be a str, not " + Py_TYPE(text)->tp_name);
    const PyRef bytes = PyRef::taken(PyUnicode_AsLatin1String(text));
    if (!bytes) {
        PyErr_Clear();
        raise(PyExc_ValueError, std::string{what} + " has a character beyond latin-1");
    }
    return {PyBytes_AS_STRING(bytes.get()),
            static_cast<std::size_t>(PyBytes_GET_SIZE(bytes.get()))};
}

PyRef take_error() noexcept {
#if PY_VERSION_HEX >= 0x030C0000
    return PyRef::taken(PyErr_GetRaisedException());
#else
    PyObject* type = nullptr;
    PyObject* value = nullptr;
    PyObject* traceback = nullptr;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != nullptr) PyException_SetTraceback(value, traceback);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return PyRef::taken(value);
#endif
}

std::string take_error_text() {
    const PyRef error = take_error();
    if (!error) return "no error";
    std::string text = Py_TYPE(error.get())->tp_name;
    const PyRef shown = PyRef::taken(PyObject_Str(error.get()));
    PyErr_Clear();
    if (shown && PyUnicode_GET_LENGTH(shown.get()) != 0) text += ": " + utf8_of(shown.get());
    return text;
}

void raise(PyObject* type, const std::string& text) {
    PyErr_SetString(type, text.c_str());
    throw PythonError{};
}

void raise_again(PyObject* error) {
    if (!PyExceptionInstance_Check(error)) {
        raise(PyExc_TypeError,
              std::string{"exc_info must have an exception, not "} + Py_TYPE(error)->tp_name);
    }
#if PY_VERSION_HEX >= 0x030C0000
    PyErr_SetRaisedException(Py_NewRef(error));
#else
    PyErr_Restore(Py_NewRef(reinterpret_cast<PyObject*>(Py_TYPE(error))), Py_NewRef(error),
                  PyException_GetTraceback(error));
#endif
    throw PythonError{};
}

}  // namespace grove::wsgi
