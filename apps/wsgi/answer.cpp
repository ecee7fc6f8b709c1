#include "answer.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string>
#include <utility>

#include <fcntl.h>

#include <grove/http/headers.h>

#include "checked_head.h"
#include "python_text.h"
#include "shim.h"

namespace grove::wsgi {
namespace {

constexpr std::size_t kBatch = 64 * 1024;

std::string_view bytes_of(PyObject* piece) {
    if (PyBytes_Check(piece) == 0) {
        raise(PyExc_TypeError, std::string{"the body of a WSGI answer is made of bytes, not of "} +
                                   Py_TYPE(piece)->tp_name);
    }
    return {PyBytes_AS_STRING(piece), static_cast<std::size_t>(PyBytes_GET_SIZE(piece))};
}

[[noreturn]] void raise_killed() {
    raise(Shim::request_killed(), "nobody waits for the answer any more");
}

// One object, that says so: most have no length.
bool has_one_piece(PyObject* body) noexcept {
    const Py_ssize_t size = PyObject_Size(body);
    if (size < 0) PyErr_Clear();
    return size == 1;
}

}  // namespace

/// While one thread waits here, others are refused.
class Answer::Sending {
public:
    explicit Sending(bool& busy) : busy_{busy} { busy_ = true; }
    ~Sending() { busy_ = false; }
    Sending(const Sending&) = delete;
    Sending& operator=(const Sending&) = delete;

private:
    bool& busy_;
};

Answer::Answer(std::shared_ptr<Job> job)
    : job_{std::move(job)}, head_only_{job_->text["REQUEST_METHOD"] == "HEAD"} {}

void Answer::start(PyObject* status, PyObject* headers, PyObject* exc_info) {
    const bool replaces = exc_info != nullptr && exc_info != Py_None;
    if (replaces && (PyTuple_Check(exc_info) == 0 || PyTuple_GET_SIZE(exc_info) != 3))
        raise(PyExc_TypeError, "start_response: exc_info must be a tuple of three");
    if (replaces && posted_) raise_again(PyTuple_GET_ITEM(exc_info, 1));
    if (!replaces && status_ != 0)
        raise(PyExc_AssertionError, "start_response was called twice without exc_info");
    Head head = checked_head(status, headers);
    length_.reset();
    if (const std::string* const told = http::find(head.headers, "Content-Length")) {
        std::uint64_t length = 0;
        const std::size_t first = told->find_first_not_of(" \t");
        std::from_chars(told->data() + first, told->data() + told->size(), length);
        length_ = length;
    }
    status_ = (head.status[0] - '0') * 100 + (head.status[1] - '0') * 10 + (head.status[2] - '0');
    next_ = {.head = std::move(head)};
}

void Answer::expect_start() const {
    if (status_ == 0) raise(PyExc_AssertionError, "the application did not call start_response");
}

void Answer::expect_no_sender() const {
    if (busy_) raise(PyExc_RuntimeError, "another thread sends this request's answer");
}

bool Answer::complete() const noexcept {
    if (made_bytes_ != 0 && (head_only_ || bodiless())) return true;
    return length_ && made_bytes_ >= *length_;
}

void Answer::write(PyObject* piece) {
    add(piece);
    if (made_bytes_ != 0) post(Made::End::kNone);
}

void Answer::add(PyObject* piece) {
    const std::string_view bytes = bytes_of(piece);
    if (bytes.empty()) return;
    expect_start();
    expect_no_sender();  // or what is refused would count as made
    made_bytes_ += bytes.size();
    if (head_only_ || bodiless()) return;
    if (bytes.size() > Job::kMostUnsent) return add_large(bytes);
    next_.bytes.append(bytes);
}

// Sent from where it is: the caller holds the object until it was sent.
void Answer::add_large(std::string_view bytes) {
    if (!next_.bytes.empty()) post(Made::End::kNone);
    next_.large = bytes;
    post(Made::End::kNone);
}

void Answer::set_length(std::uint64_t bytes) {
    if (length_ || posted_ || bodiless()) return;
    length_ = bytes;
    next_.head->headers.emplace_back("Content-Length", std::to_string(bytes));
}

void Answer::post(Made::End end) {
    expect_no_sender();
    posted_ = true;
    next_.end = end;
    hand_over(std::exchange(next_, {}));
}

void Answer::hand_over(Made made) {
    bool taken = false;
    if (job_->has_room() && made.large.empty()) {
        taken = job_->post(std::move(made));
    } else {
        const Sending sending{busy_};
        const WithoutGil without_gil;
        taken = job_->post(std::move(made));
    }
    if (!taken) raise_killed();
}

void Answer::send(PyObject* body) {
    const PyRef place = Shim::sendable(body);
    if (place.get() != Py_None) {
        send_file(place.get());
    } else if (PyList_CheckExact(body) != 0 || PyTuple_CheckExact(body) != 0) {
        send_all(body);
    } else {
        send_each(body);
    }
}

void Answer::send_file(PyObject* place) {
    expect_start();
    int fd = -1;
    long long offset = 0;
    long long size = 0;
    if (PyArg_ParseTuple(place, "iLL", &fd, &offset, &size) == 0) throw PythonError{};
    const auto rest = static_cast<std::uint64_t>(std::max(0LL, size - offset));
    const std::uint64_t length =
        length_ ? std::min(rest, *length_ - std::min(*length_, made_bytes_)) : rest;
    http::OpenFile file{.descriptor = FileDescriptor{::fcntl(fd, F_DUPFD_CLOEXEC, 0)},
                        .offset = static_cast<std::uint64_t>(offset),
                        .length = length};
    if (!file.descriptor) {
        PyErr_SetFromErrno(PyExc_OSError);
        throw PythonError{};
    }
    if (!bodiless()) next_.file = std::move(file);
    post(Made::End::kWhole);
}

void Answer::send_all(PyObject* pieces) {
    expect_start();
    const PyRef fast = PyRef::checked(PySequence_Fast(pieces, "the body"));
    std::uint64_t sum = 0;
    const auto piece = [&fast](Py_ssize_t at) { return PySequence_Fast_GET_ITEM(fast.get(), at); };
    const auto count = [&fast] { return PySequence_Fast_GET_SIZE(fast.get()); };
    for (Py_ssize_t at = 0; at < count(); ++at) sum += bytes_of(piece(at)).size();
    if (made_bytes_ == 0 && !(head_only_ && sum == 0)) set_length(sum);
    for (Py_ssize_t at = 0; at < count() && !complete(); ++at) {
        const PyRef held = PyRef::shared(piece(at));
        add(held.get());
        if (next_.bytes.size() > kBatch && at + 1 != count()) post(Made::End::kNone);
    }
    send_end();
}

void Answer::send_each(PyObject* body) {
    const bool one = has_one_piece(body);
    const PyRef pieces = PyRef::checked(PyObject_GetIter(body));
    while (!complete()) {
        const PyRef piece = PyRef::taken(PyIter_Next(pieces.get()));
        if (!piece) {
            if (PyErr_Occurred() != nullptr) throw PythonError{};
            break;
        }
        const std::uint64_t before = made_bytes_;
        if (one && before == 0 && status_ != 0) set_length(bytes_of(piece.get()).size());
        add(piece.get());
        if (job_->abandoned()) raise_killed();
        if (made_bytes_ != before && !complete()) post(Made::End::kNone);
    }
    expect_start();
    send_end();
}

void Answer::send_end() {
    // The rest of what answers HEAD is unknown, unless its length is told.
    const bool is_cut = head_only_ && !bodiless() && !length_;
    post(is_cut ? Made::End::kCut : Made::End::kWhole);
}

void Answer::fail(const std::string& how) {
    next_ = {};
    job_->fail(how);
}

}  // namespace grove::wsgi
