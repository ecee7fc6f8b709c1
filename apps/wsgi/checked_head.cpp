#include "checked_head.h"

#include <exception>
#include <stdexcept>
#include <utility>

#include <grove/http/application.h>

#include "python_text.h"

namespace grove::wsgi {
namespace {

http::Headers headers_of(PyObject* list) {
    if (PyList_Check(list) == 0) {
        raise(PyExc_TypeError, std::string{"start_response: the headers must be a list, not "} +
                                   Py_TYPE(list)->tp_name);
    }
    http::Headers headers;
    headers.reserve(static_cast<std::size_t>(PyList_GET_SIZE(list)));
    for (Py_ssize_t at = 0; at < PyList_GET_SIZE(list); ++at) {
        PyObject* const pair = PyList_GET_ITEM(list, at);
        if (PyTuple_Check(pair) == 0 || PyTuple_GET_SIZE(pair) != 2) {
            raise(PyExc_TypeError,
                  std::string{"start_response: a header must be a tuple of two, not "} +
                      Py_TYPE(pair)->tp_name);
        }
        headers.emplace_back(
            latin1_bytes(PyTuple_GET_ITEM(pair, 0), "start_response: a header's name"),
            latin1_bytes(PyTuple_GET_ITEM(pair, 1), "start_response: a header's value"));
    }
    return headers;
}

}  // namespace

Head checked_head(PyObject* status, PyObject* headers) {
    Head head;
    std::string line = latin1_bytes(status, "start_response: the status");
    http::Headers fields = headers_of(headers);
    try {
        // The server's own rules, by the door that middleware has.
        http::StartResponse checker{
            [&head](std::string&& checked, http::Headers&& checked_fields, std::exception_ptr&&) {
                head = {.status = std::move(checked), .headers = std::move(checked_fields)};
                return http::Write{[](std::string_view) {}};
            }};
        checker(std::move(line), std::move(fields), std::exception_ptr{});
    } catch (const std::logic_error& error) {
        raise(PyExc_ValueError, error.what());
    }
    if (head.status.starts_with("101")) {
        raise(PyExc_ValueError,
              "start_response: a WSGI application cannot answer 101: it has no connection");
    }
    return head;
}

}  // namespace grove::wsgi
