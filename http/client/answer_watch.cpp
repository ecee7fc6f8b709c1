#include "answer_watch.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>

#include <grove/core/errors.h>
#include <grove/core/hub.h>

namespace grove::http {

/// As a kill: what is waited for may be another request of this kind, and a handler of errors must not stop it.
struct AnswerWatch::Interruption : GreenletExit {
    explicit Interruption(const AnswerWatch* watch) noexcept : by{watch} {}

    const AnswerWatch* by;
};

AnswerWatch::AnswerWatch(int fd, std::function<bool()> look)
    : hub_{get_hub()},
      watched_{::fcntl(fd, F_DUPFD_CLOEXEC, 0)},
      look_{std::move(look)},
      interruption_{std::make_exception_ptr(Interruption{this})} {
    if (!watched_) throw std::system_error{errno, std::generic_category(), "dup"};
    hub_.loop().add(watched_.get(), *this);
}

AnswerWatch::~AnswerWatch() { hub_.loop().forget(watched_.get(), *this); }

AnswerWatch::End AnswerWatch::during(Timespan timeout, const std::function<void()>& wait) {
    struct Waiting {
        Waiting(AnswerWatch& of, Timespan timeout) : watch{of}, guard{timeout, of.interruption_} {
            watch.waiting_ = &guard;
            watch.hub_.keep();
        }
        ~Waiting() {
            watch.waiting_ = nullptr;
            watch.hub_.unkeep();
        }
        Waiting(const Waiting&) = delete;
        Waiting& operator=(const Waiting&) = delete;

        AnswerWatch& watch;
        TimeoutGuard guard;
    };
    bool interrupted = false;
    try {
        const Waiting waiting{*this, timeout};
        wait();
    } catch (const Interruption& interruption) {
        if (interruption.by != this) throw;
        interrupted = true;
    }
    if (failure_ != nullptr) std::rethrow_exception(failure_);
    if (vain_) return End::kVain;
    return interrupted ? End::kTimeout : End::kOwn;
}

// In the hub.
void AnswerWatch::on_events(std::uint32_t) noexcept {
    if (waiting_ == nullptr || vain_) return;
    try {
        vain_ = look_();
    } catch (...) {  // thrown to who waits
        failure_ = std::current_exception();
        vain_ = true;
    }
    if (!vain_) return;
    waiting_->cancel();  // or it would throw in its own time
    waiting_->throw_again();
}

}  // namespace grove::http
