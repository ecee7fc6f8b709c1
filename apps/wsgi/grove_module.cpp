#include "python.h"
// Python's header comes first.

#include <grove/http/log.h>

#include "grove_module.h"
#include "python_text.h"
#include "running_request.h"

namespace grove::wsgi {
namespace {

PyObject* log_line(PyObject*, PyObject* line) noexcept {
    return for_python([line] {
        if (PyUnicode_Check(line) == 0) raise(PyExc_TypeError, "log: a line must be a str");
        std::string text = utf8_of(line);
        if (const RunningRequest* const request =
                RunningRequest::of_thread(PyThread_get_thread_ident()))
            text += request->origin();
        http::log(http::LogLevel::kError, text);
        Py_RETURN_NONE;
    });
}

PyObject* request_of(PyObject*, PyObject* thread) noexcept {
    return for_python([thread]() -> PyObject* {
        const unsigned long ident = PyLong_AsUnsignedLong(thread);
        if (PyErr_Occurred() != nullptr) throw PythonError{};
        const RunningRequest* const request = RunningRequest::of_thread(ident);
        return latin1_text(request != nullptr ? request->name() : "").release();
    });
}

PyObject* make_module() noexcept {
    static PyMethodDef methods[] = {
        {"log", &log_line, METH_O, "Writes a line to the server's error log."},
        {"request", &request_of, METH_O, "The request that a thread runs; \"\": none."},
        {nullptr, nullptr, 0, nullptr}};
    static PyModuleDef definition{
        .m_base = PyModuleDef_HEAD_INIT,
        .m_name = "_grove",
        .m_doc = nullptr,
        .m_size = -1,
        .m_methods = methods,
        .m_slots = nullptr,
        .m_traverse = nullptr,
        .m_clear = nullptr,
        .m_free = nullptr,
    };
    return PyModule_Create(&definition);
}

}  // namespace

void add_grove_module() { PyImport_AppendInittab("_grove", &make_module); }

}  // namespace grove::wsgi
