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

std::string take_error_text() {
    PyObject* type = nullptr;
    PyObject* value = nullptr;
    PyObject* traceback = nullptr;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    const PyRef owned_type = PyRef::taken(type);
    const PyRef owned_value = PyRef::taken(value);
    const PyRef owned_traceback = PyRef::taken(traceback);
    if (type == nullptr) return "no error";
    std::string text = reinterpret_cast<PyTypeObject*>(type)->tp_name;
    const PyRef shown = PyRef::taken(value != nullptr ? PyObject_Str(value) : nullptr);
    PyErr_Clear();
    if (shown && PyUnicode_GET_LENGTH(shown.get()) != 0) text += ": " + utf8_of(shown.get());
    return text;
}

void raise(PyObject* type, const std::string& text) {
    PyErr_SetString(type, text.c_str());
    throw PythonError{};
}

}  // namespace grove::wsgi
