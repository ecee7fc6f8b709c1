// forker - forks a process that executes nothing and stays until it is killed, for each request, which is answered with its
// number, and in its factory, which writes the number to the file that {"file": "PATH"} names.
#include <array>
#include <fstream>
#include <string>
#include <string_view>

#include <unistd.h>

#include <grove/plugin.h>

using namespace grove::http;

namespace {

// Returns once the child runs: what the server does in it at a fork is done by then.
std::string forked() {
    std::array<int, 2> ends{-1, -1};
    if (::pipe(ends.data()) != 0) return "none";
    const pid_t child = ::fork();
    if (child == 0) {
        for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, ends[0], ends[1]})
            ::close(fd);
        for (;;) ::pause();
    }
    ::close(ends[1]);
    char none = 0;
    const bool ended = ::read(ends[0], &none, 1) == 0;
    ::close(ends[0]);
    return ended ? std::to_string(child) : "none";
}

Body fork_one(Environ&, StartResponse& start_response) {
    start_response("200 OK", {{"Content-Type", "text/plain"}});
    return forked() + ".\n";
}

Application make(std::string_view config) {
    const std::string_view key = R"("file":")";
    const std::size_t at = config.find(key);
    if (at != config.npos) {
        const std::string_view rest = config.substr(at + key.size());
        std::ofstream{std::string{rest.substr(0, rest.find('"'))}} << forked();
    }
    return fork_one;
}

}  // namespace

GROVE_PLUGIN(forker, "1.0", make);
