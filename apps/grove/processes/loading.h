// loading.h - a child that reads what the next generation is made of, as it and its master see one another.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <grove/core/duration.h>
#include <grove/core/file_descriptor.h>
#include <grove/http/sources.h>

#include "file_changes.h"

namespace grove::http {

class ChildProcess;

/// The view of its master in a process that reads a generation's sources. Thread: its main.
class Loading {
public:
    /// Made by run_master(). @param channel  to the master; lent
    explicit Loading(int channel);
    ~Loading();
    Loading(const Loading&) = delete;
    Loading& operator=(const Loading&) = delete;

    /// Everything read through it is handed over to the master. The master is told what is being
    /// read, in case reading takes too long.
    [[nodiscard]] Sources& sources() noexcept { return sources_; }
    /// Tells the master how long the first start may take, as Generation::load does for reloads.
    void may_take(Timespan time);
    /// Names the files whose change is a SIGHUP from now on, in place of those before, also if what is read is refused.
    /// Without a call it stays as it was; at first nobody looks.
    void watch(const std::vector<WatchedFile>& files);

private:
    int channel_;
    Sources sources_;
};

/// In the child: does `load`, and hands over what that has read, or tells why there is nothing.
/// @return the exit code
int load_in_child(FileDescriptor channel, const std::function<void(Loading&)>& load);

/// What the master has heard of such a child.
class LoadingChild {
public:
    /// Reads what it says; of much a part, and the rest when it is called again. After its end (ChildProcess::gone()):
    /// all it said.
    void listen(ChildProcess& process);

    /// "reading cert.pem"; "" if it has read nothing yet.
    [[nodiscard]] const std::string& doing() const noexcept { return doing_; }
    /// As Loading::may_take() had it; none if that was not called.
    [[nodiscard]] const std::optional<Timespan>& may_take() const noexcept { return may_take_; }
    /// What Loading::watch() was given, once; none if it is not known yet.
    [[nodiscard]] std::optional<std::vector<WatchedFile>> take_watched();
    /// Lines; "" if it has not refused.
    [[nodiscard]] const std::string& refusal() const noexcept { return refusal_; }
    /// @return null: it has not handed over all. @throws std::runtime_error  it has handed over something else
    std::shared_ptr<Sources> take();

private:
    void hear(std::string_view message);

    std::string doing_;
    std::optional<Timespan> may_take_;
    std::string refusal_;
    std::string named_;  // files that are to be watched, as far as they have come
    std::optional<std::vector<WatchedFile>> watched_;
    std::vector<FileDescriptor> files_;
    bool whole_ = false;
    bool cut_ = false;  // the system gave fewer descriptors than were sent
};

}  // namespace grove::http
