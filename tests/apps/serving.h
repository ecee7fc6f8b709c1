// serving.h - the built binary, serving, and clients of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "running_program.h"

namespace grove {

/// `grove serve` with these arguments.
std::vector<std::string> serve_command(const std::vector<std::string>& arguments);

/// The processes that one has made and that have not ended, in the order of their making.
std::vector<pid_t> children_of(pid_t pid);

/// A server that has said where it listens. It ends with its object.
class Serving {
public:
    /// @param output  the file for its standard output
    Serving(const std::vector<std::string>& command, const std::string& output);

    /// The whole answer, with its head.
    std::string get(const std::string& target) const;
    /// The same of a request as it stands; `Host` and `Connection: close` are added to its fields.
    /// @param line    "GET / HTTP/1.1"
    /// @param fields  each with its CRLF
    std::string ask(const std::string& line, const std::string& fields = "",
                    const std::string& body = "") const;

    /// The processes that serve, in the order of their making.
    std::vector<pid_t> workers() const;

    RunningProgram program;
    std::string line;  ///< "grove: listening on …"
    std::uint16_t port = 0;
};

/// What follows the head.
std::string body_of(const std::string& answer);

}  // namespace grove
