// python.h - Python's C interface, and what owns its references and its errors.
//
// Whoever uses any of it holds the GIL, unless a comment says otherwise.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <utility>

namespace grove::wsgi {

/// Thrown where Python's own error is set: it tells what went wrong. It never crosses a function that Python calls.
struct PythonError {};

/// Owns one reference.
class PyRef {
public:
    PyRef() noexcept = default;
    /// Takes over the reference that a call of Python's has returned. @throws PythonError if it is null
    static PyRef checked(PyObject* made) {
        if (made == nullptr) throw PythonError{};
        return PyRef{made};
    }
    /// The same, where null is not an error.
    static PyRef taken(PyObject* made) noexcept { return PyRef{made}; }
    /// One more reference to what somebody else owns.
    static PyRef shared(PyObject* object) noexcept { return PyRef{Py_XNewRef(object)}; }

    PyRef(PyRef&& other) noexcept : object_{std::exchange(other.object_, nullptr)} {}
    PyRef& operator=(PyRef other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }
    PyRef(const PyRef&) = delete;
    ~PyRef() { Py_XDECREF(object_); }

    [[nodiscard]] PyObject* get() const noexcept { return object_; }
    /// The caller owns it.
    [[nodiscard]] PyObject* release() noexcept { return std::exchange(object_, nullptr); }
    explicit operator bool() const noexcept { return object_ != nullptr; }

private:
    explicit PyRef(PyObject* object) noexcept : object_{object} {}
    PyObject* object_ = nullptr;
};

/// For calls of Python's that return less than 0 with an error. @throws PythonError
inline void check(int outcome) {
    if (outcome < 0) throw PythonError{};
}

/// Lets others run Python while it lives. Its thread holds the GIL before and after.
class WithoutGil {
public:
    WithoutGil() : state_{PyEval_SaveThread()} {}
    ~WithoutGil() { PyEval_RestoreThread(state_); }
    WithoutGil(const WithoutGil&) = delete;
    WithoutGil& operator=(const WithoutGil&) = delete;

private:
    PyThreadState* state_;
};

}  // namespace grove::wsgi
