// running_program.h - a program that runs beside the test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/socket.h>
#include <sys/types.h>

namespace grove {

/// Its standard output is a file of the caller's, its standard error is read line by line. Killed at its
/// end if it still runs. What waits here blocks the thread, and throws after half a minute.
class RunningProgram {
public:
    /// @param errors  becomes its standard error, of which nothing is read here then; -1: see above
    /// @throws std::system_error if it cannot be started
    RunningProgram(std::vector<std::string> arguments, const std::string& output, int errors = -1);
    ~RunningProgram();
    RunningProgram(const RunningProgram&) = delete;
    RunningProgram& operator=(const RunningProgram&) = delete;

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    /// The next line of its standard error, without its end. @throws std::runtime_error at the end
    std::string read_error_line();
    /// Nobody reads its standard error any more.
    void close_errors();
    void send_signal(int number) const;
    /// Waits for its end. @return the exit code; minus the signal's number if one ended it
    int wait();

private:
    bool read_some();

    pid_t pid_ = -1;
    int errors_ = -1;
    std::string buffer_;
};

/// A client's connection, over TCP to an address of IPv4 or to a unix socket.
class PlainClient {
public:
    explicit PlainClient(std::uint16_t port, const char* host = "127.0.0.1");
    explicit PlainClient(const std::string& path);
    ~PlainClient();
    PlainClient(const PlainClient&) = delete;
    PlainClient& operator=(const PlainClient&) = delete;

    void send(std::string_view bytes) const;
    /// FIN: nothing more will be sent.
    void end_sending() const;
    /// Everything up to the server's end of the connection.
    std::string read_to_end() const;
    /// The same, but only how many bytes that is.
    std::size_t count_to_end() const;
    /// Until `text` has come. @return all that came
    std::string read_until(std::string_view text) const;

private:
    void connect_to(const sockaddr* address, std::size_t bytes);

    int fd_ = -1;
};

}  // namespace grove
