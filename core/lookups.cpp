#include "lookups.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

#include <sys/eventfd.h>
#include <unistd.h>

#include <grove/core/errors.h>
#include <grove/core/fd_wait.h>
#include <grove/core/file_descriptor.h>

namespace grove {
namespace {

constexpr std::chrono::milliseconds kThreadRetry{50};

}  // namespace

struct Lookups::Lookup {
    std::string host;
    FileDescriptor done{};  // while somebody waits; readable from the result on
    std::size_t waiters = 0;
    FoundAddresses found{};
};

/// A greenlet waits for it.
class Lookups::Interest {
public:
    Interest(Lookups& lookups, const std::string& host)
        : lookups_{lookups}, lookup_{lookups.join(host)} {}
    ~Interest() { lookups_.leave(*lookup_); }
    Interest(const Interest&) = delete;
    Interest& operator=(const Interest&) = delete;

    [[nodiscard]] Lookup& lookup() const noexcept { return *lookup_; }

private:
    Lookups& lookups_;
    std::shared_ptr<Lookup> lookup_;
};

Lookups::Lookups(LookUp look_up, StartThread start_thread)
    : look_up_{std::move(look_up)}, start_thread_{std::move(start_thread)}, process_{::getpid()} {}
Lookups::~Lookups() = default;

FoundAddresses Lookups::wait_for(const std::string& host, Timespan timeout) {
    const Deadline deadline{timeout};
    const Interest interest{*this, host};
    for (;;) {
        const bool has_thread = has_threads();
        if (!has_thread) add_thread();
        Timespan wait = deadline.left();
        if (!has_thread) wait = std::min<Duration>(wait.value_or(kThreadRetry), kThreadRetry);
        if (wait_readable(interest.lookup().done.get(), wait)) break;
        if (deadline.passed()) throw SocketTimeout{("resolve \"" + host + "\"").c_str()};
    }
    const std::lock_guard lock{mutex_};
    return interest.lookup().found;
}

std::shared_ptr<Lookups::Lookup> Lookups::join(const std::string& host) {
    std::shared_ptr<Lookup> lookup;
    {
        const std::lock_guard lock{mutex_};
        forget_after_fork();
        const auto found = under_way_.find(host);
        lookup = found != under_way_.end() ? found->second : std::make_shared<Lookup>(Lookup{host});
        if (!lookup->done) lookup->done.reset(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
        if (!lookup->done) throw std::system_error{errno, std::generic_category(), "eventfd"};
        if (found == under_way_.end()) {
            under_way_.emplace(host, lookup);
            line_.push_back(lookup);
        }
        ++lookup->waiters;
    }
    add_thread();
    return lookup;
}

void Lookups::leave(Lookup& lookup) {
    const std::lock_guard lock{mutex_};
    if (--lookup.waiters == 0) lookup.done.reset();  // its thread may never come back
}

bool Lookups::has_threads() {
    const std::lock_guard lock{mutex_};
    return threads_ != 0;
}

// Threads of the parent are not in the child, and what they would find comes to nobody.
void Lookups::forget_after_fork() {
    const pid_t now = ::getpid();
    if (std::exchange(process_, now) == now) return;
    threads_ = 0;
    line_.clear();
    under_way_.clear();
}

// Where none can be started, those that run take the line; where none runs, its waiters try again.
void Lookups::add_thread() {
    {
        const std::lock_guard lock{mutex_};
        if (line_.empty() || threads_ == kMostThreads) return;
        ++threads_;
    }
    try {
        start_thread_([this] { run(); });
    } catch (const std::system_error&) {
        const std::lock_guard lock{mutex_};
        --threads_;
    }
}

void Lookups::run() {
    while (const std::shared_ptr<Lookup> lookup = next()) {
        FoundAddresses found = look_up_(lookup->host);
        const std::lock_guard lock{mutex_};
        lookup->found = std::move(found);
        under_way_.erase(lookup->host);
        if (!lookup->done) continue;
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(lookup->done.get(), &one, sizeof one);
    }
}

// Null: the line is empty, and the thread counts no longer.
std::shared_ptr<Lookups::Lookup> Lookups::next() {
    const std::lock_guard lock{mutex_};
    while (!line_.empty()) {
        std::shared_ptr<Lookup> first = std::move(line_.front());
        line_.pop_front();
        if (first->waiters != 0) return first;
        under_way_.erase(first->host);
    }
    --threads_;
    return nullptr;
}

}  // namespace grove
