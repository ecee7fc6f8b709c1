#include "python.h"
// Python's header comes first.

#include <chrono>
#include <exception>
#include <memory>
#include <stdexcept>
#include <utility>

#include <grove/core/event.h>
#include <grove/core/hub.h>

#include "interpreter.h"
#include "large_thread.h"
#include "python_text.h"
#include "shim.h"
#include "start_python.h"

namespace grove::wsgi {
namespace {

constexpr std::chrono::seconds kTimeToEnd{1};
constexpr const char* kOwnVersion =
    Py_STRINGIFY(PY_MAJOR_VERSION) "." Py_STRINGIFY(PY_MINOR_VERSION);

Interpreter* the_interpreter = nullptr;  // the process's, for ever; of the hub's thread

void check_venv(const std::string& venv) {
    if (venv.empty()) return;
    const std::string version = python_of_venv(venv);
    if (version == kOwnVersion) return;
    throw std::invalid_argument{"\"venv\": \"" + venv + "\" was made by Python " + version +
                                ", and this plugin has Python " + kOwnVersion +
                                ": make the environment with python" + kOwnVersion};
}

/// A call that a greenlet waits for. Shared with the thread that makes it, as the greenlet may be killed.
struct Call {
    std::function<void()> function{};
    std::exception_ptr error{};
    Event* done = nullptr;  // of the hub's thread
};

void make(Call& call) noexcept {
    try {
        call.function();
    } catch (const PythonError&) {
        call.error = std::make_exception_ptr(std::runtime_error{take_error_text()});
    } catch (...) {  // kept for whoever waits
        call.error = std::current_exception();
    }
    call.function = {};
}

}  // namespace

Interpreter::Interpreter(std::string venv) : venv_{std::move(venv)} {
    start_large_thread("grove-python", [this] { main(venv_); });
}

Interpreter& Interpreter::get(const Settings& settings) {
    if (the_interpreter == nullptr) {
        check_venv(settings.venv);
        if (Py_IsInitialized() != 0)
            throw std::runtime_error{"another plugin of this process has started Python already"};
        the_interpreter = std::unique_ptr<Interpreter>{new Interpreter{settings.venv}}.release();
    } else if (the_interpreter->venv_ != settings.venv) {
        const auto named = [](const std::string& venv) {
            return venv.empty() ? "none" : '"' + venv + '"';
        };
        throw std::invalid_argument{
            "\"venv\": a process has one Python, and another application has " +
            named(the_interpreter->venv_) + " in place of " + named(settings.venv) +
            ": both must have the same"};
    }
    the_interpreter->call([] {});  // waits for its start
    const std::lock_guard lock{the_interpreter->mutex_};
    if (!the_interpreter->fault_.empty()) throw std::runtime_error{the_interpreter->fault_};
    return *the_interpreter;
}

void Interpreter::post(std::function<void()> function) {
    {
        const std::lock_guard lock{mutex_};
        calls_.push_back(std::move(function));
    }
    changed_.notify_all();
}

void Interpreter::call(std::function<void()> function) {
    {
        const std::lock_guard lock{mutex_};
        // Nothing comes back through the mailbox any more.
        if (ending_) throw std::runtime_error{"Python has ended in this process"};
    }
    const auto call = std::make_shared<Call>();
    call->function = std::move(function);
    Event done;
    call->done = &done;
    const struct Waiting {
        Call& waited;
        Hub& hub;
        explicit Waiting(Call& one) : waited{one}, hub{get_hub()} { hub.keep(); }
        ~Waiting() {
            waited.done = nullptr;
            hub.unkeep();
        }
    } waiting{*call};
    post([call, mailbox = mailbox_] {
        make(*call);
        mailbox->run([call] {
            if (call->done != nullptr) call->done->set();
        });
    });
    done.wait();
    if (call->error != nullptr) std::rethrow_exception(call->error);
}

void Interpreter::leave(bool threads_left) noexcept {
    threads_left_ = threads_left_ || threads_left;
    if (--users_ != 0) return;
    mailbox_->close();
    std::unique_lock lock{mutex_};
    ending_ = true;
    changed_.notify_all();
    changed_.wait_for(lock, kTimeToEnd, [this] { return ended_; });
}

void Interpreter::main(const std::string& venv) noexcept {
    std::string fault;
    try {
        start_python(venv);
        Shim::load();
    } catch (const PythonError&) {
        fault = "Python cannot be started: " + take_error_text();
    } catch (const std::exception& error) {
        fault = error.what();
    }
    {
        const std::lock_guard lock{mutex_};
        fault_ = fault;
    }
    work();
    end();
    const std::lock_guard lock{mutex_};
    ended_ = true;
    changed_.notify_all();
}

// With the GIL, but while it waits.
void Interpreter::work() {
    for (;;) {
        std::function<void()> call;
        const auto wait = [&] {
            std::unique_lock lock{mutex_};
            changed_.wait(lock, [this] { return ending_ || !calls_.empty(); });
            if (calls_.empty()) return false;
            call = std::move(calls_.front());
            calls_.pop_front();
            return true;
        };
        bool more = false;
        if (fault_.empty()) {
            const WithoutGil without_gil;
            more = wait();
        } else {
            more = wait();
        }
        if (!more) return;
        call();
    }
}

void Interpreter::end() noexcept {
    if (!fault_.empty()) return;
    if (threads_left_) return Shim::run_exit_functions();
    Py_FinalizeEx();
}

}  // namespace grove::wsgi
