#include <grove/core/popen.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <optional>
#include <system_error>

#include <sys/syscall.h>
#include <unistd.h>

#include <grove/core/detail/assert.h>
#include <grove/core/detail/socket.h>
#include <grove/core/errors.h>
#include <grove/core/fd_wait.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/core/shield.h>
#include <grove/core/stream.h>

#include "conversation.h"
#include "spawned_child.h"

namespace grove {
namespace {

// For the end of a killed child that no descriptor tells of.
constexpr Duration kBetweenLooks = std::chrono::milliseconds{1};

std::optional<Stream> stream_of(FileDescriptor fd) {
    if (!fd) return std::nullopt;
    return Stream{std::make_unique<Socket>(std::move(fd))};
}

Stream& checked(std::optional<Stream>& stream, const char* name) {
    if (!stream) {
        throw std::logic_error{std::string{"Popen::"} + name +
                               "(): PopenOptions does not say Pipe::kPipe for it"};
    }
    return *stream;
}

Stream* pointer(std::optional<Stream>& stream) { return stream ? &*stream : nullptr; }

}  // namespace

struct Popen::Parts {
    explicit Parts(SpawnedChild child)
        : pid{child.pid},
          handle{std::move(child.handle)},
          in{stream_of(std::move(child.in))},
          out{stream_of(std::move(child.out))},
          err{stream_of(std::move(child.err))} {}

    std::optional<int> poll() {
        if (!status) status = reap_child(handle.get(), false);
        return status;
    }

    int wait(const Deadline& deadline, Timespan timeout) {
        struct Waiting {
            int& count;
            explicit Waiting(int& of) : count{++of} {}
            ~Waiting() { --count; }
        } const waiting{waiters};
        while (!poll()) {
            if (!wait_readable(handle.get(), deadline.left())) throw Timeout{0, *timeout};
        }
        return *status;
    }

    void signal(int number) {
        if (poll()) return;
        const long done = ::syscall(SYS_pidfd_send_signal, handle.get(), number, nullptr, 0);
        if (done != 0 && errno != ESRCH) {
            throw std::system_error{errno, std::generic_category(),
                                    "signal " + std::to_string(number) + " to a child"};
        }
    }

    // The way out: whatever happens, the child is not left behind.
    void end() noexcept {
        const Shield shield;
        try {
            signal(SIGKILL);
            if (status) return;
            if (get_hub().in_hub()) {
                reap_child(handle.get(), true);
            } else {
                outlast();
            }
        } catch (const std::system_error&) {  // the program ignores SIGCHLD: reaped already
        }
    }

    // Others run meanwhile.
    void outlast() {
        try {
            wait_readable(handle.get());
        } catch (const std::system_error&) {  // such a wait needs a descriptor, and none is left
        }
        while (!poll()) sleep(kBetweenLooks);
    }

    pid_t pid;
    FileDescriptor handle;
    std::optional<Stream> in, out, err;
    std::optional<int> status;
    int waiters = 0;
    std::optional<Conversation> conversation;
};

Popen::Popen(std::vector<std::string> argv, PopenOptions options)
    : parts_{std::make_unique<Parts>(start_child(argv, options))} {}

Popen::~Popen() {
    GROVE_ASSERT(parts_->waiters == 0, "a Popen was destroyed under its waiters");
    if (!parts_->status) parts_->end();
}

pid_t Popen::pid() const { return parts_->pid; }
std::optional<int> Popen::poll() { return parts_->poll(); }
int Popen::wait(Timespan timeout) { return parts_->wait(Deadline{timeout}, timeout); }

void Popen::send_signal(int signal) { parts_->signal(signal); }
void Popen::terminate() { send_signal(SIGTERM); }
void Popen::kill() { send_signal(SIGKILL); }

Stream& Popen::in() { return checked(parts_->in, "in"); }
Stream& Popen::out() { return checked(parts_->out, "out"); }
Stream& Popen::err() { return checked(parts_->err, "err"); }

std::pair<std::string, std::string> Popen::communicate(std::string_view input, Timespan timeout) {
    const Deadline deadline{timeout};
    std::optional<Conversation>& conversation = parts_->conversation;
    if (!input.empty() && (conversation || !parts_->in)) {
        throw std::logic_error{
            conversation ? "Popen::communicate(): goes on with the input of the first call"
                         : "Popen::communicate(): input without Pipe::kPipe for it"};
    }
    if (!conversation) {
        conversation.emplace(std::string{input}, pointer(parts_->in), pointer(parts_->out),
                             pointer(parts_->err));
    }
    while (!conversation->go_on()) {
        if (deadline.passed() || !wait_readable(conversation->fd(), deadline.left()))
            throw Timeout{0, *timeout};
        sleep();  // the child may be faster than we are, and others want their turn
    }
    parts_->wait(deadline, timeout);
    return {std::exchange(conversation->output, {}), std::exchange(conversation->errors, {})};
}

CalledProcessError::CalledProcessError(const std::string& command, int status, std::string output)
    : std::runtime_error{"\"" + command + "\" " +
                         (status < 0 ? "was ended by signal " + std::to_string(-status)
                                     : "exited with " + std::to_string(status))},
      status_{status},
      output_{std::move(output)} {}
CalledProcessError::~CalledProcessError() = default;

std::string check_output(std::vector<std::string> argv, Timespan timeout) {
    const std::string command = argv.empty() ? std::string{} : argv.front();
    Popen child{std::move(argv), {.out = Pipe::kPipe}};
    std::string output = child.communicate({}, timeout).first;
    if (const int status = child.wait(); status != 0)
        throw CalledProcessError{command, status, std::move(output)};
    return output;
}

}  // namespace grove
