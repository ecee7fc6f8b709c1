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

/// A request that waits, or is served, until its greenlet leaves.
class Served {
public:
    Served(std::shared_ptr<Job> job, PythonThreads& threads, Interpreter& interpreter,
           const std::function<void()>& left)
        : job_{std::move(job)}, threads_{threads}, interpreter_{interpreter}, left_{left} {}
    ~Served() {
        threads_.abandon(job_, interpreter_);
        left_();
    }
    Served(const Served&) = delete;
    Served& operator=(const Served&) = delete;

private:
    const std::shared_ptr<Job> job_;
    PythonThreads& threads_;
    Interpreter& interpreter_;
    const std::function<void()> left_;
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
    interpreter_.use();
    if (settings_.requests) last_request_ = spread(*settings_.requests);
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
    if (!threads_->queue().push(job)) {
        threads_->tallies().refused();
        throw http::HttpError{503, "", {{"Retry-After", "1"}}};
    }
    const Served served{job, *threads_, interpreter_, [this] { look_for_stuck(); }};
    return serve_job(*job, environ, start_response);
}

void WsgiApplication::count_request() {
    ++requests_;
    if (last_request_ && requests_ == *last_request_)
        http::replace_worker(std::to_string(requests_) + " requests, as \"requests\" says");
}

void WsgiApplication::look_for_stuck() {
    if (!threads_->all_abandoned()) return;
    returns_ = threads_->returns();
    stuck_.arm(settings_.stuck);
}

void WsgiApplication::replace_stuck() {
    if (!threads_->all_abandoned()) return;
    if (threads_->returns() != returns_) return look_for_stuck();  // some have come back meanwhile
    interpreter_.post([] {
        log_stacks();
        http::replace_worker("all Python threads run requests for which nobody waits any more");
    });
}

}  // namespace grove::wsgi
