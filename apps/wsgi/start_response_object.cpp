#include "start_response_object.h"

namespace grove::wsgi {
namespace {

std::shared_ptr<Answer> answer_of(PyObject* self) {
    return HeldObject<Answer>::of(self, PyExc_RuntimeError,
                                  "the request that this start_response belongs to is over");
}

PyObject* start_response(PyObject* self, PyObject* arguments, PyObject* keywords) noexcept {
    return for_python([=] {
        static const char* const kNames[] = {"status", "headers", "exc_info", nullptr};
        PyObject* status = nullptr;
        PyObject* headers = nullptr;
        PyObject* exc_info = nullptr;
        if (PyArg_ParseTupleAndKeywords(arguments, keywords, "OO|O:start_response",
                                        const_cast<char**>(kNames), &status, &headers,
                                        &exc_info) == 0)
            throw PythonError{};
        answer_of(self)->start(status, headers, exc_info);
        return PyRef::checked(PyObject_GetAttrString(self, "write")).release();
    });
}

PyObject* write_piece(PyObject* self, PyObject* piece) noexcept {
    return for_python([=] {
        answer_of(self)->write(piece);
        Py_RETURN_NONE;
    });
}

}  // namespace

PyTypeObject* start_response_type() {
    static PyMethodDef methods[] = {{"write", &write_piece, METH_O, "Sends bytes (PEP 3333)."},
                                    {nullptr, nullptr, 0, nullptr}};
    static PyType_Slot slots[] = {
        {Py_tp_call, reinterpret_cast<void*>(&start_response)},
        {Py_tp_dealloc, reinterpret_cast<void*>(&HeldObject<Answer>::dealloc)},
        {Py_tp_methods, methods},
        {0, nullptr}};
    static PyType_Spec spec{.name = "grove.start_response",
                            .basicsize = sizeof(HeldObject<Answer>),
                            .itemsize = 0,
                            .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                            .slots = slots};
    static PyObject* made = nullptr;
    if (made == nullptr) made = PyRef::checked(PyType_FromSpec(&spec)).release();
    return reinterpret_cast<PyTypeObject*>(made);
}

}  // namespace grove::wsgi
