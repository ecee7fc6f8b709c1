#include <grove/core/threads.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <future>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <sys/eventfd.h>

#include <grove/core/detail/assert.h>
#include <grove/core/detail/loop.h>
#include <grove/core/errors.h>
#include <grove/core/event.h>
#include <grove/core/file_descriptor.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/core/shield.h>

#include "hub_access.h"
#include "thread_check.h"

namespace grove {
namespace {

/// Kills the main greenlet of the thread that made it each time that `fd`, an eventfd, is written.
class StopWatch final : public FdWatch {
public:
    explicit StopWatch(int fd) : hub_{get_hub()}, main_{getcurrent()}, fd_{fd} {
        hub_.loop().add(fd_, *this);
        hub_.keep();
    }
    ~StopWatch() {
        hub_.unkeep();
        hub_.loop().forget(fd_, *this);
    }

    void on_events(std::uint32_t) noexcept override { main_.kill(GreenletExit{}, false); }

private:
    Hub& hub_;
    AnyGreenlet main_;
    int fd_;
};

}  // namespace

class Threads::Crew {
public:
    Crew(int count, const std::function<void(int)>& function);

    /// @throws std::logic_error naming `call` on any thread but the maker's
    void check_thread(const char* call) const { grove::check_thread(hub_, call); }
    [[nodiscard]] bool is_here() const { return &get_hub() == &hub_ && !hub_.in_hub(); }
    [[nodiscard]] bool ended() const noexcept { return ended_.is_set(); }
    void tell_to_stop() const noexcept { ::eventfd_write(stop_.get(), 1); }
    bool join(Timespan timeout);

private:
    void live(int number, std::function<void(int)>& function, std::promise<void> has_hub,
              const std::shared_future<bool>& all_have);
    void join_threads();

    Hub& hub_;
    // Each thread's loop has it: no thread touches another one's hub, which may just be going.
    FileDescriptor stop_{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    int running_;
    Event ended_;
    std::vector<std::thread> threads_;
};

Threads::Crew::Crew(int count, const std::function<void(int)>& function)
    : hub_{get_hub()}, running_{count} {
    if (!stop_) throw std::system_error{errno, std::generic_category(), "eventfd"};
    std::promise<bool> all_have;
    const std::shared_future<bool> told{all_have.get_future()};
    std::vector<std::future<void>> hubs;
    threads_.reserve(static_cast<std::size_t>(count));
    try {
        for (int number = 0; number < count; ++number) {
            std::promise<void> has_hub;
            hubs.push_back(has_hub.get_future());
            threads_.emplace_back(
                [this, number, own = function, told, has = std::move(has_hub)]() mutable {
                    live(number, own, std::move(has), told);
                });
        }
        for (std::future<void>& hub : hubs) hub.get();
    } catch (...) {
        all_have.set_value(false);
        join_threads();
        throw;
    }
    all_have.set_value(true);
}

// In a thread of its own, which `function` belongs to.
void Threads::Crew::live(int number, std::function<void(int)>& function, std::promise<void> has_hub,
                         const std::shared_future<bool>& all_have) {
    std::optional<StopWatch> watch;
    try {
        watch.emplace(stop_.get());
        has_hub.set_value();
    } catch (...) {
        has_hub.set_exception(std::current_exception());
        return;
    }
    if (!all_have.get()) return;
    Hub& hub = get_hub();
    try {
        function(number);
    } catch (const GreenletExit&) {  // it was stopped
    } catch (...) {
        hub.handle_error("thread " + std::to_string(number) + " of Threads failed",
                         std::current_exception());
    }
    watch.reset();
    // What the function holds may be the hub's, a server or a socket, and the greenlets may use it.
    HubAccess::unwind_greenlets(hub);
    function = nullptr;
    HubAccess::destroy(&hub);  // now: join() tells that all is over, its greenlets too
    hub_.run_threadsafe([this] {
        if (--running_ != 0) return;
        join_threads();  // they have nothing more to do
        ended_.set();
    });
}

void Threads::Crew::join_threads() {
    for (std::thread& thread : threads_) thread.join();
}

bool Threads::Crew::join(Timespan timeout) {
    struct Kept {  // the hub waits for no other thread by itself
        Hub& hub;
        explicit Kept(Hub& h) noexcept : hub{h} { hub.keep(); }
        ~Kept() { hub.unkeep(); }
    } const kept{hub_};
    return ended_.wait(timeout);  // after it the crew may be gone, by another that waited
}

Threads::Threads(int count, std::function<void(int)> function) {
    if (count < 1) throw std::invalid_argument{"Threads: at least one thread is needed"};
    if (!function) throw std::invalid_argument{"Threads: the function is empty"};
    crew_ = std::make_unique<Crew>(count, function);
}

Threads::~Threads() {
    if (crew_->ended()) return;
    GROVE_ASSERT(crew_->is_here(), "Threads were destroyed in the hub, or on another thread");
    const Shield shield;
    stop();
}

void Threads::stop(Timespan timeout) {
    crew_->check_thread("Threads::stop()");
    crew_->tell_to_stop();
    crew_->join(timeout);
}

bool Threads::join(Timespan timeout) {
    crew_->check_thread("Threads::join()");
    return crew_->join(timeout);
}

}  // namespace grove
