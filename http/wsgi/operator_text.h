// operator_text.h - functions of applications that write text for whoever asks their worker: dumps and commands.
#pragma once

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "log_origin.h"

namespace grove::http {

/// What several functions write, within a bound on all.
struct OperatorLines {
    std::vector<std::string> all{};
    std::size_t left;  ///< Bytes that there is still room for.
    bool cut = false;
};

/// One function. It runs, and is destroyed, as its mount's: what it says to log() has the mount's name.
class OperatorText {
public:
    using Write = std::function<void(std::ostream&, std::string_view arguments)>;

    /// @param name  of the call that brought it, for its faults
    OperatorText(const char* name, Write write);
    ~OperatorText();
    OperatorText(const OperatorText&) = delete;
    OperatorText& operator=(const OperatorText&) = delete;

    /// Runs it in a greenlet of its own, for a second at most. What it throws is a line. @throws what ends the caller, a
    /// kill or a time-out: then the function has ended
    void append_to(OperatorLines& lines, std::string_view arguments) const;

private:
    const char* const name_;
    Write write_;
    const LogOrigin::Text origin_;
};

/// Some that a process has, for any thread. Whoever calls them keeps them meanwhile.
template <class Entry>
class OperatorEntries {
public:
    void add(Entry entry) {
        const std::lock_guard lock{mutex_};
        all_.push_back(std::move(entry));
    }
    [[nodiscard]] std::vector<Entry> all() const {
        const std::lock_guard lock{mutex_};
        return all_;
    }
    void forget() noexcept {
        std::vector<Entry> all;  // destroyed without the lock
        const std::lock_guard lock{mutex_};
        all.swap(all_);
    }

private:
    mutable std::mutex mutex_;
    std::vector<Entry> all_;
};

}  // namespace grove::http
