#include <grove/core/async_result.h>

#include <grove/core/errors.h>

namespace grove::detail {

AsyncOutcome::AsyncOutcome() : news_{"an AsyncResult"} {}
AsyncOutcome::~AsyncOutcome() = default;

void AsyncOutcome::refuse_second(const char* call) const {
    news_.check_thread(call);
    if (ready_) {
        throw std::logic_error{std::string{call} +
                               ": the AsyncResult has its value or exception already"};
    }
}

void AsyncOutcome::arrive(std::exception_ptr error) noexcept {
    error_ = std::move(error);
    ready_ = true;
    news_.tell();
}

bool AsyncOutcome::wait(Timespan timeout) {
    news_.check_thread("AsyncResult::wait()");
    return ready_ || news_.wait(timeout);
}

void AsyncOutcome::wait_for_value(bool block, Timespan timeout) {
    news_.check_thread("AsyncResult::get()");
    if (!ready_ && (!block || !news_.wait(timeout)))
        throw Timeout{0, timeout.value_or(Duration::zero())};
    if (error_ != nullptr) std::rethrow_exception(error_);
}

}  // namespace grove::detail
