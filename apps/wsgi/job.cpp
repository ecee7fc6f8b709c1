#include "job.h"

#include <utility>

#include "mailbox.h"

namespace grove::wsgi {
namespace {

// A thread that posts from here on has the hub set the event: that runs when this greenlet waits.
void wait_in(Event*& place) {
    Event event;
    place = &event;
    const struct Forget {
        Event*& place;
        ~Forget() { place = nullptr; }
    } forget{place};
    event.wait();
}

}  // namespace

Job::Job(std::shared_ptr<Mailbox> mailbox, RequestText request, std::string read_body,
         bool is_whole)
    : text{std::move(request)},
      body{std::move(read_body)},
      body_is_whole{is_whole},
      mailbox_{std::move(mailbox)},
      input_ended_{is_whole} {}

bool Job::has_news() const noexcept {
    return made_.head || !made_.bytes.empty() || !made_.large.empty() || made_.file ||
           made_.end != Made::End::kNone;
}

Made Job::take() {
    for (;;) {
        if (input_fault_ != nullptr) std::rethrow_exception(input_fault_);
        {
            const std::lock_guard lock{mutex_};
            told_ = false;
            if (has_news()) {
                Made taken = std::move(made_);
                made_ = {};
                lent_ = !taken.large.empty();
                return taken;
            }
        }
        wait_in(taking_);
    }
}

Wanted Job::take_wanted() {
    for (;;) {
        {
            const std::lock_guard lock{mutex_};
            if (wanted_.bytes != 0) return std::exchange(wanted_, {});
        }
        wait_in(feeding_);
    }
}

void Job::fail_input(std::exception_ptr fault) noexcept {
    input_fault_ = std::move(fault);
    wake();
}

void Job::wake() noexcept {
    if (taking_ != nullptr) taking_->set();
    if (feeding_ != nullptr) feeding_->set();
}

void Job::sent() noexcept {
    const std::lock_guard lock{mutex_};
    lent_ = false;
    unsent_ = made_.bytes.size() + made_.large.size();
    changed_.notify_all();
}

void Job::give(std::string bytes, bool end) {
    const std::lock_guard lock{mutex_};
    input_ = std::move(bytes);
    input_ended_ = end;
    changed_.notify_all();
}

Job::Abandoned Job::abandon() noexcept {
    const std::lock_guard lock{mutex_};
    lent_ = false;
    changed_.notify_all();
    left_ = begun_ && !finished_;
    if (ended_) return left_ ? Abandoned::kCloses : Abandoned::kEnded;
    abandoned_ = true;
    if (!left_) return Abandoned::kNotBegun;
    return runner_waits_ ? Abandoned::kWaits : Abandoned::kRuns;
}

bool Job::over() const noexcept {
    const std::lock_guard lock{mutex_};
    return is_over();
}

bool Job::begin() noexcept {
    const std::lock_guard lock{mutex_};
    begun_ = !abandoned_;
    runner_ = std::this_thread::get_id();
    return begun_;
}

void Job::tell(std::unique_lock<std::mutex>& lock) {
    const bool told = std::exchange(told_, true);
    lock.unlock();
    if (!told) mailbox_->post(shared_from_this());
    lock.lock();
}

bool Job::has_room() const noexcept {
    const std::lock_guard lock{mutex_};
    return unsent_ < kMostUnsent;
}

bool Job::post(Made more) {
    std::unique_lock lock{mutex_};
    if (!wait(lock, [this] { return unsent_ < kMostUnsent; })) return false;
    if (more.head) made_.head = std::move(more.head);
    if (more.file) made_.file = std::move(more.file);
    unsent_ += more.bytes.size() + more.large.size();
    made_.bytes.empty() ? made_.bytes.swap(more.bytes)
                        : static_cast<void>(made_.bytes.append(more.bytes));
    made_.large = more.large;
    made_.end = more.end;
    if (more.end != Made::End::kNone) {
        end(lock);
    } else {
        if (!more.large.empty()) note_wait();
        tell(lock);
    }
    // What it views may go once this returns.
    return more.large.empty() || wait_until_sent(lock);
}

void Job::fail(std::string how) {
    std::unique_lock lock{mutex_};
    if (is_over()) return;
    made_.large = {};  // not sent any more: whoever has made it leaves
    made_.failure = std::move(how);
    made_.end = Made::End::kFailed;
    end(lock);
}

void Job::end(std::unique_lock<std::mutex>& lock) {
    ended_ = true;
    changed_.notify_all();  // threads of the application's own
    tell(lock);
}

// The thread finds out by itself from now on that the job is over. Before others may learn what it waits for.
void Job::note_wait() noexcept {
    if (std::this_thread::get_id() == runner_) runner_waits_ = true;
}

/// @return false: the job is over
template <class Condition>
bool Job::wait(std::unique_lock<std::mutex>& lock, Condition condition) {
    note_wait();
    changed_.wait(lock, [&] { return is_over() || condition(); });
    if (std::this_thread::get_id() == runner_) runner_waits_ = false;
    return !is_over();
}

/// @return false: the job is over
bool Job::wait_until_sent(std::unique_lock<std::mutex>& lock) {
    const bool is_sent = wait(lock, [this] { return unsent_ == 0; });
    made_.large = {};
    // The greenlet may be in the middle of it: it is done when it has sent it, or leaves.
    changed_.wait(lock, [this] { return !lent_; });
    return is_sent;
}

std::optional<std::string> Job::read(Wanted wanted) {
    std::unique_lock lock{mutex_};
    if (input_ended_ || is_over()) return std::nullopt;
    wanted_ = wanted;
    note_wait();
    lock.unlock();
    mailbox_->post(shared_from_this());
    lock.lock();
    if (!wait(lock, [this] { return input_.has_value(); })) return std::nullopt;
    return std::exchange(input_, std::nullopt);
}

bool Job::finish() noexcept {
    const std::lock_guard lock{mutex_};
    finished_ = true;
    changed_.notify_all();  // threads of the application's own
    return left_;
}

}  // namespace grove::wsgi
