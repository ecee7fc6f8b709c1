// job.h - one request, as the greenlet that serves it and the Python thread that runs it share it.
//
// The thread makes an answer, the greenlet takes it away and sends it; the thread asks for input, a greenlet beside that
// one reads it. A job outlives them: a greenlet that dies abandons it, and the thread finds that out. Threads of the
// application's own may write and read beside the one that runs it, one of them each.
// Nothing here needs the GIL, and what blocks must be called without it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include <grove/core/event.h>
#include <grove/http/file.h>
#include <grove/http/headers.h>

#include "request_text.h"

namespace grove::wsgi {

class Mailbox;

/// What start_response was given, checked.
struct Head {
    std::string status{};
    http::Headers headers{};
};

/// What an application wants to read.
struct Wanted {
    std::size_t bytes = 0;  ///< At most; 0: nothing is wanted.
    bool line = false;      ///< Up to and including the next LF.
};

/// What a thread has made and the greenlet has not taken.
struct Made {
    enum class End : std::uint8_t {
        kNone,    ///< More is to come.
        kWhole,   ///< That was all of the answer.
        kCut,     ///< It answers HEAD: the rest of its body was not asked for.
        kFailed,  ///< The application has failed: `failure` says how.
    };

    std::optional<Head> head{};
    std::string bytes{};
    /// Follows `bytes`: memory of the thread, which waits until it was sent, or will not be. No end comes with it.
    std::string_view large{};
    std::optional<http::OpenFile> file{};  ///< Follows both.
    End end = End::kNone;
    std::string failure{};
};

class Job : public std::enable_shared_from_this<Job> {
public:
    /// So much may lie unsent; whoever makes more waits.
    static constexpr std::size_t kMostUnsent = 256 * 1024;

    Job(std::shared_ptr<Mailbox> mailbox, RequestText text, std::string body, bool body_is_whole);

    const RequestText text;
    const std::chrono::steady_clock::time_point made = std::chrono::steady_clock::now();
    std::string body;          ///< Read before the job was queued. The thread's.
    const bool body_is_whole;  ///< `body` is all of it.

    // ---- the greenlet's side

    /// Blocks until there is something, and takes it. @throws what was given to fail_input(); what interrupts the wait
    Made take();
    /// What take() gave was sent; nothing of it is used any more.
    void sent() noexcept;
    /// Beside take(), in a greenlet of its own: blocks until something is wanted. @throws what interrupts the wait
    Wanted take_wanted();
    /// What was wanted. @param end  no further byte will come
    void give(std::string bytes, bool end);
    /// The body cannot be read: take() throws this.
    void fail_input(std::exception_ptr fault) noexcept;
    enum class Abandoned : std::uint8_t {
        kEnded,     ///< Its answer has ended, its thread is done, and nothing changes.
        kCloses,    ///< Its answer has ended, and its thread closes what the application had.
        kNotBegun,  ///< No thread runs it.
        kWaits,     ///< Its thread waits in a call of grove's, which fails now.
        kRuns,      ///< Its thread runs the application.
    };
    /// Nobody waits for the answer any more, and nothing that take() gave is used. Once.
    Abandoned abandon() noexcept;
    /// In the hub: there is something to take, or something is wanted.
    void wake() noexcept;

    // ---- the thread's side

    /// This thread has it now. @return false: it was abandoned before
    bool begin() noexcept;
    /// post() would not wait.
    [[nodiscard]] bool has_room() const noexcept;
    /// Hands over what was made. Waits first while too much lies unsent. One thread at a time.
    /// @return false: the job is over
    bool post(Made made);
    /// The application has failed. Waits for nothing, also while another thread is in post(), which returns false.
    void fail(std::string how);
    /// Blocks until it comes. One thread at a time. @return nullopt: the job is over, or there is no more
    std::optional<std::string> read(Wanted wanted);
    /// The application is done with it, and has closed what it had.
    /// @return whether the greenlet has left it since begin()
    bool finish() noexcept;
    [[nodiscard]] bool abandoned() const noexcept { return abandoned_; }
    /// It is abandoned, or its answer has ended: nothing is read or sent any more.
    [[nodiscard]] bool over() const noexcept;

private:
    void tell(std::unique_lock<std::mutex>& lock);
    void note_wait() noexcept;
    template <class Condition>
    bool wait(std::unique_lock<std::mutex>& lock, Condition condition);
    bool wait_until_sent(std::unique_lock<std::mutex>& lock);
    void end(std::unique_lock<std::mutex>& lock);
    [[nodiscard]] bool has_news() const noexcept;
    [[nodiscard]] bool is_over() const noexcept { return abandoned_ || finished_ || ended_; }

    const std::shared_ptr<Mailbox> mailbox_;
    // Of the hub's thread alone:
    Event* taking_ = nullptr;   // whoever waits in take()
    Event* feeding_ = nullptr;  // and in take_wanted()
    std::exception_ptr input_fault_;

    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    Made made_;
    bool told_ = false;  // the greenlet, of what is in made_
    bool lent_ = false;  // the greenlet has taken made_.large, and is not done with it
    std::size_t unsent_ = 0;
    bool begun_ = false;
    bool ended_ = false;
    bool finished_ = false;
    bool left_ = false;          // by the greenlet, while a thread had it
    std::thread::id runner_;     // who has begun it
    bool runner_waits_ = false;  // here
    std::atomic<bool> abandoned_ = false;
    Wanted wanted_;
    std::optional<std::string> input_;
    bool input_ended_ = false;
};

}  // namespace grove::wsgi
