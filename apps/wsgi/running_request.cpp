#include "running_request.h"

#include <unordered_map>

#include <grove/http/thread_note.h>

#include "input_object.h"
#include "python_text.h"
#include "shim.h"
#include "start_response_object.h"

namespace grove::wsgi {
namespace {

// By thread. Guarded by the GIL; for ever, as threads may outlive everything.
std::unordered_map<unsigned long, RunningRequest*>& running() noexcept {
    static auto& all = *new std::unordered_map<unsigned long, RunningRequest*>;
    return all;
}

}  // namespace

RunningRequest::RunningRequest(std::shared_ptr<Job> job)
    : job_{std::move(job)},
      answer_{std::make_shared<Answer>(job_)},
      ident_{PyThread_get_thread_ident()} {
    running()[ident_] = this;
}

RunningRequest::~RunningRequest() { running().erase(ident_); }

const RunningRequest* RunningRequest::of_thread(unsigned long ident) noexcept {
    const auto found = running().find(ident);
    return found != running().end() ? found->second : nullptr;
}

void RunningRequest::kill(const Job& job) noexcept {
    for (const auto& [ident, request] : running()) {
        if (request->job_.get() == &job && request->killable_)
            PyThreadState_SetAsyncExc(ident, Shim::request_killed());
    }
}

std::string RunningRequest::origin() const {
    const std::string_view id = job_->text["grove.request_id"];
    return id.empty() ? "" : " (request " + std::string{id} + ')';
}

std::string RunningRequest::name() const {
    const RequestText& text = job_->text;
    std::string name{text["REQUEST_METHOD"]};
    return name.append(1, ' ').append(text["SCRIPT_NAME"]).append(text["PATH_INFO"]) + origin();
}

int RunningRequest::run(PyObject* application, const BaseEnviron& environ) noexcept {
    const RequestText& text = job_->text;
    const http::ThreadNote note{text["REQUEST_METHOD"], text["PATH_INFO"],
                                text["grove.request_id"]};
    try {
        call(application, environ);
        stop_kills();
    } catch (const PythonError&) {
        stop_kills();
        fail();
    } catch (const std::exception& error) {
        stop_kills();
        answer_->fail(error.what());
    }
    close();
    return answer_->status();
}

void RunningRequest::call(PyObject* application, const BaseEnviron& base) {
    const Holder<BodyReader> input{input_type(), std::make_shared<BodyReader>(job_)};
    const Holder<Answer> start_response{start_response_type(), answer_};
    const PyRef environ = base.environ_of(job_->text);
    check(PyDict_SetItemString(environ.get(), "wsgi.input", input.get()));
    killable_ = true;
    body_ = PyRef::checked(
        PyObject_CallFunctionObjArgs(application, environ.get(), start_response.get(), nullptr));
    answer_->send(body_.get());
}

// One that is thrown already, and has not come, must not come to what runs next. Where there is none, the call would have
// Python look for one at each loop and call, for good.
void RunningRequest::stop_kills() noexcept {
    killable_ = false;
    if (PyThreadState_Get()->async_exc != nullptr) PyThreadState_SetAsyncExc(ident_, nullptr);
}

void RunningRequest::fail() noexcept {
    if (job_->over()) return PyErr_Clear();
    answer_->fail(Shim::report());
}

// Once, whatever came before.
void RunningRequest::close() noexcept {
    if (!body_) return;
    const PyRef close = PyRef::taken(PyObject_GetAttrString(body_.get(), "close"));
    if (!close) {
        PyErr_Clear();
    } else if (!PyRef::taken(PyObject_CallNoArgs(close.get()))) {
        Shim::report();
    }
    body_ = {};
}

}  // namespace grove::wsgi
