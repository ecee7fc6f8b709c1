// held_object.h - a Python object that stands for a C++ one as long as its request runs.
#pragma once

#include <memory>
#include <new>
#include <utility>

#include "python.h"
#include "python_text.h"

namespace grove::wsgi {

/// The object of Python's. An application may keep it, and may be in one of its calls, in a thread of its own, when the
/// request ends: so a call shares what the object stands for. With the GIL.
template <class T>
struct HeldObject {
    PyObject base;
    std::shared_ptr<T> held;  // null: the request is over

    /// @throws PythonError  Python's error `type` with `text`: the request is over
    static std::shared_ptr<T> of(PyObject* self, PyObject* type, const char* text) {
        std::shared_ptr<T> held = reinterpret_cast<HeldObject*>(self)->held;
        if (held == nullptr) raise(type, text);
        return held;
    }
    static void dealloc(PyObject* self) noexcept {
        PyTypeObject* const type = Py_TYPE(self);
        reinterpret_cast<HeldObject*>(self)->held.~shared_ptr<T>();
        type->tp_free(self);
        Py_DECREF(type);
    }
};

/// Owns such an object. It stands for nothing any more once this has ended.
template <class T>
class Holder {
public:
    /// @param type  with HeldObject<T>'s size and dealloc. @throws PythonError
    Holder(PyTypeObject* type, std::shared_ptr<T> held)
        : object_{PyRef::checked(PyType_GenericAlloc(type, 0))} {
        new (&own().held) std::shared_ptr<T>{std::move(held)};
    }
    ~Holder() { own().held.reset(); }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;

    [[nodiscard]] PyObject* get() const noexcept { return object_.get(); }

private:
    HeldObject<T>& own() noexcept { return *reinterpret_cast<HeldObject<T>*>(object_.get()); }

    PyRef object_;
};

}  // namespace grove::wsgi
