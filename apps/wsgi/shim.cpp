#include "shim.h"

#include <stdexcept>

#include "python_text.h"
#include "shim_source.h"

namespace grove::wsgi {
namespace {

PyObject* shim_members = nullptr;  // its dict, for ever

PyObject* member(const char* name) noexcept { return PyDict_GetItemString(shim_members, name); }

template <class... Arguments>
PyRef call_shim(const char* name, Arguments... arguments) {
    return PyRef::checked(PyObject_CallFunctionObjArgs(member(name), arguments..., nullptr));
}

PyRef utf8_text(const std::string& utf8) {
    return PyRef::checked(
        PyUnicode_DecodeUTF8(utf8.data(), static_cast<Py_ssize_t>(utf8.size()), "surrogateescape"));
}

}  // namespace

void Shim::load() {
    const PyRef code =
        PyRef::checked(Py_CompileString(kShimSource, "grove/shim.py", Py_file_input));
    const PyRef made = PyRef::checked(PyImport_ExecCodeModule("_grove_shim", code.get()));
    shim_members = Py_NewRef(PyModule_GetDict(made.get()));
    call_shim("begin");
}

PyRef Shim::application(const Settings& settings) {
    try {
        const PyRef path = PyRef::checked(PyList_New(0));
        for (const std::string& folder : settings.path)
            check(PyList_Append(path.get(), utf8_text(folder).get()));
        const PyRef environment = PyRef::checked(PyDict_New());
        for (const auto& [name, value] : settings.environment)
            check(PyDict_SetItem(environment.get(), utf8_text(name).get(), utf8_text(value).get()));
        return call_shim("load", utf8_text(settings.module).get(), path.get(), environment.get());
    } catch (const PythonError&) {
        const PyRef error = take_error();
        const PyRef line =
            PyRef::taken(PyObject_CallFunctionObjArgs(member("fault"), error.get(), nullptr));
        const std::string shown = line ? utf8_of(line.get()) : take_error_text();
        throw std::runtime_error{"\"" + settings.module + "\" cannot be loaded: " + shown};
    }
}

void Shim::begin_thread(const std::string& name) {
    call_shim("begin_thread", utf8_text(name).get());
}

std::string Shim::report() noexcept {
    const PyRef error = take_error();
    const PyRef done =
        PyRef::taken(PyObject_CallFunctionObjArgs(member("report"), error.get(), nullptr));
    if (!done) PyErr_Clear();
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error.get())), error.get());
    return take_error_text();
}

PyRef Shim::sendable(PyObject* file) { return call_shim("sendable", file); }

std::string Shim::stacks() { return utf8_of(call_shim("stacks").get()); }

void Shim::watch() { call_shim("watch"); }

void Shim::run_exit_functions() noexcept {
    const PyRef done =
        PyRef::taken(PyObject_CallFunctionObjArgs(member("run_exit_functions"), nullptr));
    if (!done) report();
}

PyObject* Shim::error_log() noexcept { return member("error_log"); }
PyObject* Shim::file_wrapper() noexcept { return member("FileWrapper"); }
PyObject* Shim::request_killed() noexcept { return member("RequestKilled"); }
PyObject* Shim::client_disconnected() noexcept { return member("ClientDisconnected"); }

}  // namespace grove::wsgi
