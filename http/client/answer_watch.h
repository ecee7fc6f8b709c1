// answer_watch.h - ends a wait for something else as soon as a descriptor brings what makes that wait vain.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>

#include <grove/core/detail/loop.h>
#include <grove/core/duration.h>
#include <grove/core/file_descriptor.h>
#include <grove/core/timeout.h>

namespace grove {
class Hub;
}

namespace grove::http {

/// Made, used and destroyed in one greenlet, while the descriptor is open.
class AnswerWatch final : private FdWatch {
public:
    /// @param look  called in the hub when something came, and must take it; true, or an exception: the wait is vain
    /// @throws std::system_error  the loop refuses the descriptor
    AnswerWatch(int fd, std::function<bool()> look);
    ~AnswerWatch();

    enum class End { kOwn, kVain, kTimeout };
    /// Calls `wait`, which blocks, and may be called again. Something that has come before it is not told of.
    /// @return kVain also if `wait` had ended by itself before it could be told
    /// @throws what `look` threw; what `wait` throws
    End during(Timespan timeout, const std::function<void()>& wait);

private:
    struct Interruption;

    void on_events(std::uint32_t events) noexcept override;

    Hub& hub_;
    FileDescriptor watched_;  // a duplicate: the stream's socket may have registered its own
    std::function<bool()> look_;
    std::exception_ptr interruption_;
    std::exception_ptr failure_{};
    TimeoutGuard* waiting_ = nullptr;  // while `wait` is called
    bool vain_ = false;
};

}  // namespace grove::http
