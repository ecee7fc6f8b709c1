// control_client.h - asks a running master over its control socket.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include <grove/core/duration.h>
#include <grove/core/file_descriptor.h>

/// A master that was found by its pid file, and that holds it.
struct FoundMaster {
    pid_t pid = 0;
    std::string pid_file{};
    /// Tells of its end, and no later process can be taken for it.
    grove::FileDescriptor process{};
};

/// The first of these files that somebody holds; nullopt: nobody does.
std::optional<FoundMaster> find_master(const std::vector<std::string>& pid_files);

/// Thread: blocks it. No answer within its time is an exception.
class ControlClient {
public:
    /// @throws std::runtime_error  it cannot be asked, and why
    explicit ControlClient(const FoundMaster& master);

    void ask(const std::string& question);  ///< @throws std::runtime_error
    /// @param time  nullopt: any
    /// @return nullopt: the master has ended  @throws std::runtime_error
    std::optional<std::string> answer(grove::Timespan time);

private:
    grove::FileDescriptor socket_;
    std::string unread_;
};
