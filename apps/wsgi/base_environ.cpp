#include "base_environ.h"

#include <string>
#include <unordered_map>

#include "python_text.h"
#include "shim.h"

namespace grove::wsgi {
namespace {

constexpr std::size_t kMostKeys = 512;  // clients choose the names of fields
constexpr std::string_view kOwn = "wsgi.";

/// Python's text of a key: made once for those that come often.
PyRef key_text(std::string_view key) {
    static auto& known = *new std::unordered_map<std::string, PyObject*>;  // for ever
    const std::string name{key};
    const auto found = known.find(name);
    if (found != known.end()) return PyRef::shared(found->second);
    PyRef text = latin1_text(key);
    if (known.size() < kMostKeys) known.emplace(name, Py_NewRef(text.get()));
    return text;
}

void set(const PyRef& dict, std::string_view key, PyObject* value) {
    check(PyDict_SetItem(dict.get(), key_text(key).get(), value));
}

}  // namespace

BaseEnviron::BaseEnviron(bool multithread) : base_{PyRef::checked(PyDict_New())} {
    set(base_, "wsgi.version", PyRef::checked(Py_BuildValue("(ii)", 1, 0)).get());
    set(base_, "wsgi.errors", Shim::error_log());
    set(base_, "wsgi.file_wrapper", Shim::file_wrapper());
    set(base_, "wsgi.multithread", multithread ? Py_True : Py_False);
    set(base_, "wsgi.multiprocess", Py_False);
    set(base_, "wsgi.run_once", Py_False);
    set(base_, "wsgi.input_terminated", Py_True);
}

PyRef BaseEnviron::environ_of(const RequestText& text) const {
    PyRef environ = PyRef::checked(PyDict_Copy(base_.get()));
    text.for_each([&environ](std::string_view key, std::string_view value) {
        if (!key.starts_with(kOwn) || key == "wsgi.url_scheme") {
            set(environ, key, latin1_text(value).get());
        } else if (key == "wsgi.multiprocess" && value == "true") {
            set(environ, key, Py_True);
        }
    });
    return environ;
}

}  // namespace grove::wsgi
