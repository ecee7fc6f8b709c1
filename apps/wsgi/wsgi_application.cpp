#include "python.h"
// Python's header comes first.

#include <chrono>
#include <ostream>
#include <random>
#include <string>
#include <utility>

#include <grove/http/dump.h>
#include <grove/http/http_error.h>
#include <grove/http/worker.h>

#include "python_text.h"
#include "serve_job.h"
#include "shim.h"
#include "wsgi_application.h"

namespace grove::wsgi {
namespace {

constexpr std::chrono::milliseconds kLater{2};
constexpr std::chrono::milliseconds kTimeForThreads{500};

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
    : settings_{std::move(settings)}, interpreter_{Interpreter::get(settings_)} {
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
    stuck_.emplace(interpreter_, *threads_, settings_.stuck);
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
    const AtEnd abandoned{[&] { stuck_->left(threads_->abandon(job, interpreter_)); }};
    return serve_job(*job, environ, start_response);
}

void WsgiApplication::count_request() {
    ++requests_;
    if (last_request_ && requests_ == *last_request_)
        http::replace_worker(std::to_string(requests_) + " requests, as \"requests\" says");
}

}  // namespace grove::wsgi
