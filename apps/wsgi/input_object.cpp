#include "input_object.h"

namespace grove::wsgi {
namespace {

std::shared_ptr<BodyReader> reader_of(PyObject* self) {
    return HeldObject<BodyReader>::of(self, PyExc_ValueError,
                                      "the request that this wsgi.input belongs to is over");
}

PyRef python_bytes(const std::string& text) {
    return PyRef::checked(
        PyBytes_FromStringAndSize(text.data(), static_cast<Py_ssize_t>(text.size())));
}

/// The only argument: None or negative: all.
std::size_t bound_of(PyObject* const* arguments, Py_ssize_t count, const char* call) {
    if (count > 1) raise(PyExc_TypeError, std::string{call} + "() takes one argument at most");
    if (count == 0 || arguments[0] == Py_None) return BodyReader::kAll;
    const Py_ssize_t bytes = PyNumber_AsSsize_t(arguments[0], PyExc_OverflowError);
    if (bytes == -1 && PyErr_Occurred() != nullptr) throw PythonError{};
    return bytes < 0 ? BodyReader::kAll : static_cast<std::size_t>(bytes);
}

PyObject* read_bytes(PyObject* self, PyObject* const* arguments, Py_ssize_t count) noexcept {
    return for_python([=] {
        return python_bytes(reader_of(self)->read(bound_of(arguments, count, "read"))).release();
    });
}

PyObject* read_line(PyObject* self, PyObject* const* arguments, Py_ssize_t count) noexcept {
    return for_python([=] {
        return python_bytes(reader_of(self)->readline(bound_of(arguments, count, "readline")))
            .release();
    });
}

// The hint says after how many bytes no further line is read.
PyObject* read_lines(PyObject* self, PyObject* const* arguments, Py_ssize_t count) noexcept {
    return for_python([=] {
        std::size_t left = bound_of(arguments, count, "readlines");
        if (left == 0) left = BodyReader::kAll;
        PyRef lines = PyRef::checked(PyList_New(0));
        while (left != 0) {
            const std::string line = reader_of(self)->readline(BodyReader::kAll);
            if (line.empty()) break;
            check(PyList_Append(lines.get(), python_bytes(line).get()));
            left -= line.size() < left ? line.size() : left;
        }
        return lines.release();
    });
}

PyObject* next_line(PyObject* self) noexcept {
    return for_python([=]() -> PyObject* {
        const std::string line = reader_of(self)->readline(BodyReader::kAll);
        return line.empty() ? nullptr
                            : python_bytes(line).release();  // null without an error: the end
    });
}

template <class Function>
PyMethodDef method(const char* name, Function* function, const char* what) {
    return {name, reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function)),
            METH_FASTCALL, what};
}

}  // namespace

PyTypeObject* input_type() {
    static PyMethodDef methods[] = {
        method("read", &read_bytes, "Reads bytes of the request's body."),
        method("readline", &read_line, "Reads a line."),
        method("readlines", &read_lines, "Reads lines into a list."),
        {nullptr, nullptr, 0, nullptr}};
    static PyType_Slot slots[] = {
        {Py_tp_dealloc, reinterpret_cast<void*>(&HeldObject<BodyReader>::dealloc)},
        {Py_tp_iter, reinterpret_cast<void*>(&PyObject_SelfIter)},
        {Py_tp_iternext, reinterpret_cast<void*>(&next_line)},
        {Py_tp_methods, methods},
        {0, nullptr}};
    static PyType_Spec spec{.name = "grove.input",
                            .basicsize = sizeof(HeldObject<BodyReader>),
                            .itemsize = 0,
                            .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                            .slots = slots};
    static PyObject* made = nullptr;
    if (made == nullptr) made = PyRef::checked(PyType_FromSpec(&spec)).release();
    return reinterpret_cast<PyTypeObject*>(made);
}

}  // namespace grove::wsgi
