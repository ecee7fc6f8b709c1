// pid_file.h - the file by which a running master is found, and the socket beside it by which it is asked.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include <grove/core/file_descriptor.h>

/// Holds its file by a lock that ends with the process, however that ends: a file that is left behind holds nobody up,
/// and tells nobody a wrong pid.
///
/// Thread: the master's.
class PidFile {
public:
    /// Makes the file, with the pid of this process, and the socket "X.sock" beside "X.pid", both for its user alone.
    /// Waits for no other process, but for a file server that does not answer.
    /// @throws std::runtime_error that names the path: another process holds it, it cannot be made, it holds
    ///         something other than a pid, or somebody listens on the socket's path
    explicit PidFile(std::string path);
    ~PidFile();  ///< Removes both.
    PidFile(const PidFile&) = delete;
    PidFile& operator=(const PidFile&) = delete;

    /// A unix socket that listens and does not block.
    [[nodiscard]] int control() const noexcept { return control_.get(); }
    /// In a child of the master: closes what it has of them, and will remove nothing.
    void leave() noexcept;

private:
    std::string path_;  // "": left
    grove::FileDescriptor lock_;
    grove::FileDescriptor control_;
};

/// The process that holds the file; nullopt: nobody does, there is none, or it is another user's.
std::optional<pid_t> holder_of_pid_file(const std::string& path);

/// Where the socket is.
std::string control_socket_of(const std::string& pid_file);

/// Where the master of that configuration file has its pid file unless it is told to have it elsewhere: the first of
/// these whose folder can be written. None without a file.
std::vector<std::string> usual_pid_files(const std::filesystem::path& config);
bool can_be_made(const std::string& pid_file);
/// What keeps each of these from being made, and what is allowed instead; "": one can be made, or none is given.
std::string why_none_can_be_made(const std::vector<std::string>& pid_files);
