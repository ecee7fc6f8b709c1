#include "python.h"
// Python's header comes first.

#include <chrono>
#include <ostream>
#include <random>
#include <string>
#include <utility>

#include <grove/http/dump.h>
#include <grove/http/http_error.h>
#include <grove/http/log.h>
#include <grove/http/worker.h>

#include "python_text.h"
#include "serve_job.h"
#include "shim.h"
#include "wsgi_application.h"

namespace grove::wsgi {
namespace {

constexpr std::chrono::milliseconds kLater{2};
constexpr std::chrono::milliseconds kTimeForThreads{500};

/// Python's stacks, one line of the log each. With the GIL.
void log_stacks() {
    const std::string stacks = Shim::stacks();
    for (std::size_t at = 0; at < stacks.size();) {
        const std::size_t end = std::min(stacks.find('\n', at), stacks.size());
        http::log(http::LogLevel::kError, std::string_view{stacks}.substr(at, end - at));
        at = end + 1;
    }
}

/// @param count  +- 10 %: workers that began together do not end together
std::size_t spread(std::size_t count) {
    std::random_device random;
    const std::size_t tenth = count / 10;
    return count - tenth + std::uniform_int_distribution<std::size_t>{0, 2 * tenth}(random);
}

/// Calls a function at its end.
template <class Function>
struct AtEnd {
    Function function;
    explicit AtEnd(Function called) : function{std::move(called)} {}
    ~AtEnd() { function(); }
    AtEnd(const AtEnd&) = delete;
    AtEnd& operator=(const AtEnd&) = delete;
};

}  // namespace

WsgiApplication::WsgiApplication(Settings settings)
    : settings_{std::move(settings)}, interpreter_{Interpreter::get(settings_)}, stuck_{[this] {
          replace_stuck();
      }} {
    const auto queue = std::make_shared<JobQueue*>(nullptr);
    later_ = std::make_shared<HubTimer>([queue] {
        if (*queue != nullptr) (*queue)->look();
    });
    const auto made = std::make_shared<std::shared_ptr<PythonThreads>>();
    // Of values alone: a greenlet that is killed here does not wait for it.
    interpreter_.call([made, settings = settings_, mailbox = interpreter_.mailbox(),
                       later = std::weak_ptr<HubTimer>{later_}] {
        auto threads = std::make_shared<PythonThreads>(
            Shim::application(settings), settings.threads, settings.waiting, [mailbox, later] {
                mailbox->run([later] {
                    if (const auto timer = later.lock()) timer->arm(kLater);
                });
            });
        threads->start();
        if (settings.reload) Shim::watch();
        *made = std::move(threads);
    });
    threads_ = std::move(*made);
    *queue = &threads_->queue();
    const bool first = interpreter_.use();
    if (settings_.requests) last_request_ = spread(*settings_.requests);
    if (!first) return;
    http::on_dump([&interpreter = interpreter_](std::ostream& out) {
        const auto text = std::make_shared<std::string>();
        interpreter.call([text] { *text = Shim::stacks(); });
        out << *text << '\n';
    });
}

WsgiApplication::~WsgiApplication() {
    const bool all = threads_->end(kTimeForThreads);
    interpreter_.leave(!all);
}

http::Body WsgiApplication::operator()(http::Environ& environ,
                                       http::StartResponse& start_response) {
    count_request();
    const std::shared_ptr<Job> job = make_job(environ, interpreter_.mailbox(), settings_.buffer);
    if (!threads_->take(job)) throw http::HttpError{503, "", {{"Retry-After", "1"}}};
    const AtEnd abandoned{[&] { look_for_stuck(threads_->abandon(job, interpreter_)); }};
    return serve_job(*job, environ, start_response);
}

void WsgiApplication::count_request() {
    ++requests_;
    if (last_request_ && requests_ == *last_request_)
        http::replace_worker(std::to_string(requests_) + " requests, as \"requests\" says");
}

// Threads may be held by requests for which nobody waits; or one thread does not let go of the GIL, and nothing runs.
void WsgiApplication::look_for_stuck(Job::Abandoned how) {
    if (how == Job::Abandoned::kEnded) return;
    const bool was_last = how != Job::Abandoned::kNotBegun && threads_->all_abandoned();
    if (stuck_.armed() && !was_last) return;
    returns_ = threads_->returns();
    answers_ = std::make_shared<std::atomic<bool>>(false);
    interpreter_.post([answers = answers_] { *answers = true; });
    stuck_.arm_anew(settings_.stuck);
}

void WsgiApplication::replace_stuck() {
    const bool all_held = threads_->all_abandoned();
    if (*answers_ && !(all_held && threads_->returns() == returns_)) {
        if (all_held) look_for_stuck(Job::Abandoned::kRuns);  // some have come back meanwhile
        return;
    }
    interpreter_.post(log_stacks);
    http::replace_worker(*answers_
                             ? "all Python threads run requests for which nobody waits any more"
                             : "a Python thread does not let go of the GIL");
}

}  // namespace grove::wsgi
