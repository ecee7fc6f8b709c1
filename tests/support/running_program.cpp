#include "running_program.h"

#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace grove {
namespace {

constexpr int kPatience = 30000;  // milliseconds

[[noreturn]] void fail(const std::string& call, int error) {
    throw std::system_error{error, std::generic_category(), call};
}

void wait_for(int fd, const std::string& what) {
    pollfd watched{.fd = fd, .events = POLLIN, .revents = 0};
    if (poll(&watched, 1, kPatience) != 1) throw std::runtime_error{"waited too long for " + what};
}

}  // namespace

RunningProgram::RunningProgram(std::vector<std::string> arguments, const std::string& output,
                               int errors) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) fail("pipe2", errno);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT,
                                     0600);
    posix_spawn_file_actions_adddup2(&actions, errors < 0 ? ends[1] : errors, STDERR_FILENO);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const int error = posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    errors_ = ends[0];
    if (error != 0) {
        close(errors_);
        fail("posix_spawn " + arguments[0], error);
    }
}

RunningProgram::~RunningProgram() {
    if (pid_ > 0) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    close_errors();
}

void RunningProgram::close_errors() {
    if (errors_ >= 0) close(errors_);
    errors_ = -1;
}

std::string RunningProgram::read_error_line() {
    for (;;) {
        if (const std::size_t end = buffer_.find('\n'); end != std::string::npos) {
            const std::string line = buffer_.substr(0, end);
            buffer_.erase(0, end + 1);
            return line;
        }
        if (!read_some()) throw std::runtime_error{"no further line, only \"" + buffer_ + "\""};
    }
}

void RunningProgram::send_signal(int number) const { kill(pid_, number); }

int RunningProgram::wait() {
    const int watch = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
    if (watch < 0) fail("pidfd_open", errno);
    wait_for(watch, "the program's end");
    close(watch);
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

bool RunningProgram::read_some() {
    wait_for(errors_, "a line");
    char bytes[4096];
    const ssize_t got = read(errors_, bytes, sizeof(bytes));
    if (got > 0) buffer_.append(bytes, static_cast<std::size_t>(got));
    return got > 0;
}

PlainClient::PlainClient(std::uint16_t port, const char* host) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    inet_pton(AF_INET, host, &address.sin_addr);
    connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

PlainClient::PlainClient(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

void PlainClient::connect_to(const sockaddr* address, std::size_t bytes) {
    fd_ = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd_, address, static_cast<socklen_t>(bytes)) != 0) {
        const int error = errno;
        close(fd_);
        fail("connect", error);
    }
}

PlainClient::~PlainClient() { close(fd_); }

void PlainClient::send(std::string_view bytes) const {
    if (::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
        fail("send", errno);
}

void PlainClient::end_sending() const {
    if (::shutdown(fd_, SHUT_WR) != 0) fail("shutdown", errno);
}

std::string PlainClient::read_to_end() const { return read_until(""); }

std::size_t PlainClient::count_to_end() const {
    std::vector<char> bytes(262'144);
    std::size_t all = 0;
    for (;;) {
        wait_for(fd_, "an answer");
        const ssize_t got = recv(fd_, bytes.data(), bytes.size(), 0);
        if (got < 0) fail("recv", errno);
        if (got == 0) return all;
        all += static_cast<std::size_t>(got);
    }
}

std::string PlainClient::read_until(std::string_view text) const {
    std::string all;
    while (text.empty() || all.find(text) == std::string::npos) {
        wait_for(fd_, "an answer");
        char bytes[4096];
        const ssize_t got = recv(fd_, bytes, sizeof(bytes), 0);
        if (got < 0) fail("recv", errno);
        if (got == 0) break;
        all.append(bytes, static_cast<std::size_t>(got));
    }
    return all;
}

}  // namespace grove
