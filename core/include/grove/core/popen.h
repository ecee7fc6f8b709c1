// popen.h - other programs, as children of this process (gevent.subprocess).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

#include <grove/core/detail/export.h>
#include <grove/core/duration.h>

namespace grove {

class Stream;

/// What a child has as its input, output or error output.
enum class Pipe : std::uint8_t {
    kInherit,  ///< The parent's own.
    kNull,     ///< /dev/null.
    kPipe,     ///< A pipe, whose other end is Popen::in(), out() or err().
    kOutput,   ///< For `err` alone: where the output goes.
};

/// How a child is started.
struct PopenOptions {
    /// The child's whole environment; nullopt: the parent's.
    std::optional<std::map<std::string, std::string>> env{};
    std::string cwd{};         ///< The child's working directory; "": the parent's.
    Pipe in{Pipe::kInherit};   ///< Its standard input.
    Pipe out{Pipe::kInherit};  ///< Its standard output.
    Pipe err{Pipe::kInherit};  ///< Its standard error.
};

/// A child process. Its end is told by a descriptor of its own (pidfd_open(2)): other children of
/// the process are neither waited for nor disturbed, and no SIGCHLD handler is needed. A program
/// that ignores SIGCHLD never learns how a child ended: wait() throws std::system_error (ECHILD).
///
/// In the child descriptors from 3 on are closed, all signals have their default dispositions, and
/// none is blocked. Thread: its hub's. Neither copied nor moved.
class GROVE_EXPORT Popen {
public:
    /// Starts `argv`, never by a shell. argv[0] without a '/' is looked for in the parent's PATH.
    /// Blocks the thread until the program is loaded.
    /// @throws std::system_error naming argv[0] or `cwd`; nothing is left of the child then
    /// @throws std::invalid_argument if `argv` is empty, a text contains a NUL byte, a name of `env`
    /// is empty or contains '=', or kOutput is given for another than `err`
    explicit Popen(std::vector<std::string> argv, PopenOptions options = {});
    /// Kills a child that still runs, and reaps it, under a Shield. @pre nobody waits (asserted)
    ~Popen();
    Popen(const Popen&) = delete;
    Popen& operator=(const Popen&) = delete;

    [[nodiscard]] pid_t pid() const;  ///< Another process's may have the number once it is reaped.
    /// Never blocks. @return nullopt: the child runs; otherwise as wait()
    std::optional<int> poll();
    /// Blocks until the child ends. Any number of greenlets may wait.
    /// @return its exit code, or minus the signal that ended it
    /// @throws Timeout (id 0) if `timeout` passes first: the child lives
    int wait(Timespan timeout = {});

    /// No effect on a child that has ended. @throws std::system_error, such as EINVAL
    void send_signal(int signal);
    void terminate();  ///< send_signal(SIGTERM).
    void kill();       ///< send_signal(SIGKILL).

    /// The parent's end of the pipe to the child's input; close() ends the input. Where the child
    /// has closed its end, sending throws std::system_error (EPIPE); no SIGPIPE comes.
    /// @throws std::logic_error unless PopenOptions says kPipe; likewise for out() and err()
    [[nodiscard]] Stream& in();
    [[nodiscard]] Stream& out();  ///< The end of the pipe from the child's output.
    [[nodiscard]] Stream& err();  ///< The end of the pipe from its error output.

    /// Sends `input` and closes the pipe; meanwhile collects output and error output up to their
    /// ends, however the child orders them; then waits for the child. A child that does not read
    /// all of its input is not an error.
    ///
    /// Whatever ends the call early, nothing is lost: the next call, without input, sends the rest
    /// of the first input and gives all the output.
    /// @return output and error output, without bound; "" for what is not kPipe
    /// @throws Timeout (id 0); std::system_error; std::logic_error if input is given that cannot be
    /// sent: without kPipe, or to a call that goes on with an earlier one
    std::pair<std::string, std::string> communicate(std::string_view input = {},
                                                    Timespan timeout = {});

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// The program of check_output() failed.
class GROVE_EXPORT CalledProcessError : public std::runtime_error {
public:
    /// Made by check_output().
    CalledProcessError(const std::string& command, int status, std::string output);
    ~CalledProcessError() override;

    [[nodiscard]] int status() const { return status_; }  ///< As of Popen::wait(), never 0.
    [[nodiscard]] const std::string& output() const { return output_; }  ///< What it wrote.

private:
    int status_;
    std::string output_;
};

/// Runs a program to its end. Whatever is thrown, the child is dead then.
/// @return what it wrote to its output
/// @throws CalledProcessError unless it exits with 0; Timeout (id 0); what Popen throws
GROVE_EXPORT std::string check_output(std::vector<std::string> argv, Timespan timeout = {});

}  // namespace grove
