#include "spawned_child.h"

#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace grove {
namespace {

constexpr int kFirstOfOthers = 3;  // descriptors behind input, output and error output

[[noreturn]] void refuse_child(int error, const std::string& what) {
    throw std::system_error{error, std::generic_category(), what};
}

void check_text(const std::string& text, const char* what) {
    if (text.find('\0') != std::string::npos)
        throw std::invalid_argument{std::string{"Popen: "} + what + " contains a NUL byte"};
}

void check_child(const std::vector<std::string>& argv, const PopenOptions& options) {
    if (argv.empty()) throw std::invalid_argument{"Popen: argv is empty; argv[0] is the program"};
    for (const std::string& argument : argv) check_text(argument, "an argument");
    check_text(options.cwd, "cwd");
    if (options.in == Pipe::kOutput || options.out == Pipe::kOutput)
        throw std::invalid_argument{"Popen: Pipe::kOutput is for err alone"};
    if (!options.env) return;
    for (const auto& [name, value] : *options.env) {
        check_text(name, "a name of env");
        check_text(value, "a value of env");
        if (name.empty() || name.find('=') != std::string::npos) {
            throw std::invalid_argument{"Popen: \"" + name +
                                        "\" is not a name for env: empty, or with '='"};
        }
    }
}

/// Pointers for exec(3), to texts that outlive it.
class TextPointers {
public:
    explicit TextPointers(const std::vector<std::string>& texts) {
        for (const std::string& text : texts) pointers_.push_back(const_cast<char*>(text.c_str()));
        pointers_.push_back(nullptr);
    }
    [[nodiscard]] char* const* get() const { return pointers_.data(); }

private:
    std::vector<char*> pointers_;
};

std::vector<std::string> environment_of(const PopenOptions& options) {
    std::vector<std::string> texts;
    if (!options.env) return texts;
    for (const auto& [name, value] : *options.env) texts.push_back(name + "=" + value);
    return texts;
}

void check_spawn(int error, const char* what) {
    if (error != 0) refuse_child(error, what);
}

/// What is done in the child before its program begins.
class SpawnActions {
public:
    SpawnActions() { check_spawn(::posix_spawn_file_actions_init(&actions_), "posix_spawn"); }
    ~SpawnActions() { ::posix_spawn_file_actions_destroy(&actions_); }
    SpawnActions(const SpawnActions&) = delete;
    SpawnActions& operator=(const SpawnActions&) = delete;

    void put(int from, int as) {
        check_spawn(::posix_spawn_file_actions_adddup2(&actions_, from, as), "posix_spawn: dup2");
    }
    void put_null(int as) {
        check_spawn(::posix_spawn_file_actions_addopen(&actions_, as, "/dev/null", O_RDWR, 0),
                    "posix_spawn: open");
    }
    void go_to(const std::string& folder) {
        check_spawn(::posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str()),
                    "posix_spawn: chdir");
    }
    void close_others() {
        check_spawn(::posix_spawn_file_actions_addclosefrom_np(&actions_, kFirstOfOthers),
                    "posix_spawn: closefrom");
    }
    [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

private:
    posix_spawn_file_actions_t actions_;
};

/// All signals have their default dispositions in the child, and none is blocked.
class SpawnAttributes {
public:
    SpawnAttributes() {
        check_spawn(::posix_spawnattr_init(&attributes_), "posix_spawn");
        sigset_t signals;
        ::sigfillset(&signals);
        ::posix_spawnattr_setsigdefault(&attributes_, &signals);
        ::sigemptyset(&signals);
        ::posix_spawnattr_setsigmask(&attributes_, &signals);
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    }
    ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes_); }
    SpawnAttributes(const SpawnAttributes&) = delete;
    SpawnAttributes& operator=(const SpawnAttributes&) = delete;
    [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

private:
    posix_spawnattr_t attributes_;
};

// Behind the three that the child's own ends are put on: this program may have closed those.
FileDescriptor moved_up(FileDescriptor fd) {
    if (fd.get() >= kFirstOfOthers) return fd;
    FileDescriptor up{::fcntl(fd.get(), F_DUPFD_CLOEXEC, kFirstOfOthers)};
    if (!up) refuse_child(errno, "Popen: dup");
    return up;
}

/// Puts the child's end of one pipe in its place; `ours` is the other one.
/// @return the child's end, to stay open until the child has it
FileDescriptor connect_end(SpawnActions& actions, Pipe kind, int as, FileDescriptor& ours) {
    if (kind == Pipe::kNull) actions.put_null(as);
    if (kind == Pipe::kOutput) actions.put(STDOUT_FILENO, as);
    if (kind != Pipe::kPipe) return {};
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) refuse_child(errno, "Popen: pipe");
    FileDescriptor reader{ends[0]};
    FileDescriptor writer{ends[1]};
    const bool child_reads = as == STDIN_FILENO;
    ours = moved_up(std::move(child_reads ? writer : reader));
    FileDescriptor theirs = moved_up(std::move(child_reads ? reader : writer));
    ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
    actions.put(theirs.get(), as);
    return theirs;
}

// posix_spawn() does not tell which of its steps failed.
[[noreturn]] void refuse_start(int error, const std::string& program, const std::string& cwd) {
    const FileDescriptor folder{
        cwd.empty() ? -1 : ::open(cwd.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!cwd.empty() && (!folder || ::faccessat(folder.get(), ".", X_OK, AT_EACCESS) != 0)) {
        const int reason = errno;
        refuse_child(reason, "cannot start \"" + program + "\" in \"" + cwd + "\"");
    }
    refuse_child(error, "cannot start \"" + program + "\"");
}

}  // namespace

SpawnedChild start_child(const std::vector<std::string>& argv, const PopenOptions& options) {
    check_child(argv, options);
    SpawnedChild child;
    SpawnActions actions;
    const FileDescriptor in = connect_end(actions, options.in, STDIN_FILENO, child.in);
    const FileDescriptor out = connect_end(actions, options.out, STDOUT_FILENO, child.out);
    const FileDescriptor err = connect_end(actions, options.err, STDERR_FILENO, child.err);
    actions.close_others();
    if (!options.cwd.empty()) actions.go_to(options.cwd);

    const SpawnAttributes attributes;
    const std::vector<std::string> environment = environment_of(options);
    const TextPointers own_environment{environment};
    char* const* const variables = options.env ? own_environment.get() : ::environ;
    const int error = ::posix_spawnp(&child.pid, argv.front().c_str(), actions.get(),
                                     attributes.get(), TextPointers{argv}.get(), variables);
    if (error != 0) refuse_start(error, argv.front(), options.cwd);

    // By number: glibc 2.36 is the first to declare it.
    child.handle.reset(static_cast<int>(::syscall(SYS_pidfd_open, child.pid, 0)));
    if (!child.handle) {
        const int reason = errno;
        ::kill(child.pid, SIGKILL);
        ::waitpid(child.pid, nullptr, 0);
        refuse_child(reason, "Popen: pidfd_open");
    }
    return child;
}

std::optional<int> reap_child(int handle, bool blocking) {
    siginfo_t end{};
    int done = 0;
    do {
        done =
            ::waitid(P_PIDFD, static_cast<id_t>(handle), &end, WEXITED | (blocking ? 0 : WNOHANG));
    } while (done != 0 && errno == EINTR);
    if (done != 0) refuse_child(errno, "Popen: waitid");
    if (end.si_pid == 0) return std::nullopt;
    return end.si_code == CLD_EXITED ? end.si_status : -end.si_status;
}

}  // namespace grove
